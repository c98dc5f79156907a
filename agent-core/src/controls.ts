/** How people steer a running game: its console, and the typed actions over it. Both follow the runs of the server. */
import type { ConsoleHub } from './console/console-hub.ts';
import { Actions } from './actions/actions.ts';
import { CommandLine } from './console/command-line.ts';
import type { ConsoleKind } from './contract/console.ts';
import { typeLine } from './ground.ts';
import type { SpecStore } from './install/spec-store.ts';
import type { Changes } from './status/changes.ts';
import type { Supervisor } from './supervisor/supervisor.ts';

export interface ControlParts {
  readonly consoles: ReadonlyMap<string, ConsoleKind>;
  readonly console: ConsoleHub;
  readonly specs: SpecStore;
  readonly supervisor: Supervisor;
  readonly changes: Changes;
  readonly secret: (name: string) => string;
}

export interface Controls {
  readonly actions: Actions;
  /** Lets go of the game, which goes on. */
  close(): void;
}

export function makeControls(parts: ControlParts): Controls {
  const { consoles, console, specs, supervisor, changes, secret } = parts;
  const spec = () => specs.spec;
  const run = () => supervisor.run;
  const commandLine = new CommandLine({
    consoles,
    spec,
    run,
    secret,
    output: (bytes) => console.add(bytes),
  });
  const actions = new Actions({
    spec,
    run,
    ready: () => supervisor.view.ready,
    command: (line) => typeLine(supervisor, line),
    onOutput: (listener) => console.listen(listener),
  });
  const unlisten = changes.listen(() => {
    commandLine.follow();
    actions.follow();
  });
  return {
    actions,
    close() {
      unlisten();
      commandLine.close();
    },
  };
}
