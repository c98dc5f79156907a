/** Commands of the palette: those of plugins, every page of the navigation, and the portal's own. */
import { loadModule } from '../part/load-module.ts';
import type { PortalCommand, PortalParts } from '../api/schema.ts';
import type { Command, CommandContext, CommandSource } from '../palette/command.ts';
import { chooseScheme } from '../theme/theme.ts';

export interface Offered {
  parts: PortalParts;
  context: CommandContext;
  signOut(): void;
}

/** At once: what needs no module. Then, once their modules have answered, all of them. */
export function commandsFor(offered: Offered): {
  now: readonly Command[];
  all: Promise<readonly Command[]>;
} {
  const { parts, context } = offered;
  const fixed = [...pageCommands(offered), ...ownCommands(offered)];
  const links = parts.commands.map((command) => linkOf(command, context));
  const sources = parts.commands.map(async (command) => sourceOf(command, context));
  return {
    now: [...links.flat(), ...fixed],
    all: Promise.all(sources).then((found) => [...found.flat(), ...fixed]),
  };
}

function linkOf({ label, href, icon }: PortalCommand, { go }: CommandContext): readonly Command[] {
  if (label === undefined || href === undefined) return [];
  return [{ label, icon: icon ?? 'page', run: () => go(href) }];
}

/** A plugin's module that fails says so in its place and keeps no other command away. */
async function sourceOf(
  command: PortalCommand,
  context: CommandContext,
): Promise<readonly Command[]> {
  if (command.module === undefined) return linkOf(command, context);
  try {
    const { commands } = await loadModule<{ commands: CommandSource }>(
      command.module,
      context.connection.server,
    );
    return commands(context);
  } catch {
    // The loader has told the console why.
    const label = `Commands of “${command.plugin}” could not be loaded`;
    return [{ label, icon: 'circle-xmark', run: () => undefined }];
  }
}

function pageCommands({ parts, context }: Offered): readonly Command[] {
  return parts.pages
    .filter(({ navigation }) => navigation !== undefined)
    .map(({ label, path, navigation }) => ({
      label,
      note: 'page',
      icon: navigation?.icon ?? 'page',
      run: () => context.go(path),
    }));
}

function ownCommands({ signOut }: Offered): readonly Command[] {
  return [
    { label: 'Dark appearance', icon: 'moon', run: () => chooseScheme('dark') },
    { label: 'Light appearance', icon: 'sun', run: () => chooseScheme('light') },
    { label: 'Appearance of the system', icon: 'screen', run: () => chooseScheme('system') },
    { label: 'Sign out', icon: 'sign-out', run: signOut },
  ];
}
