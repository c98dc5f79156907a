/** What the palette offers: every server, every page, and what can be done to the server one looks at. */
import type { Connection } from '../api/connection.ts';
import type { Instance } from '../api/schema.ts';
import type { Command } from '../palette/palette.ts';
import { chooseScheme } from '../theme/theme.ts';
import { addressText } from '../words/instances.ts';
import { instanceState } from '../words/states.ts';
import { go } from './navigation.ts';
import type { ZlhInstanceActions } from '../instance-actions/instance-actions.ts';
import { possibleActions } from '../instance-actions/possible-actions.ts';

export interface Offered {
  connection: Connection;
  /** The server one looks at, and its buttons. */
  instance: Instance | undefined;
  actions: ZlhInstanceActions | undefined;
  signOut(): void;
}

export function commandsFor({
  connection,
  instance,
  actions,
  signOut,
}: Offered): readonly Command[] {
  return [
    ...(instance && actions ? actionsOn(instance, actions) : []),
    ...connection.instances.items.map((item) => ({
      label: item.name,
      note: [instanceState(item).word, addressText(item)].filter(Boolean).join(' · '),
      icon: 'servers',
      run: () => go(`/servers/${item.id}`),
    })),
    { label: 'Create server', icon: 'plus', run: () => go('/servers/new') },
    { label: 'Servers', note: 'page', icon: 'servers', run: () => go('/servers') },
    { label: 'Operations', note: 'page', icon: 'activity', run: () => go('/operations') },
    { label: 'Account and API keys', note: 'page', icon: 'user', run: () => go('/account') },
    { label: 'Dark appearance', icon: 'moon', run: () => chooseScheme('dark') },
    { label: 'Light appearance', icon: 'sun', run: () => chooseScheme('light') },
    { label: 'Appearance of the system', icon: 'screen', run: () => chooseScheme('system') },
    { label: 'Sign out', icon: 'sign-out', run: signOut },
  ];
}

function actionsOn(instance: Instance, actions: ZlhInstanceActions): Command[] {
  const open = possibleActions(instance);
  return [
    ...offered
      .filter(({ action }) => open.has(action))
      .map(({ action, label, icon }) => ({
        label: `${label} ${instance.name}`,
        icon,
        run: () => void actions.act(action),
      })),
    { label: `Delete ${instance.name}`, icon: 'trash', run: () => actions.askDelete() },
  ];
}

const offered = [
  { action: 'start', label: 'Start', icon: 'play' },
  { action: 'restart', label: 'Restart', icon: 'restart' },
  { action: 'stop', label: 'Stop', icon: 'stop' },
] as const;
