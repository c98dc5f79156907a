/** The `AgentGround`: the few doors that agent plugins have into the agent. */
import type { Bounds } from './bounds.ts';
import type { ConsoleHub } from './console/console-hub.ts';
import type { AgentGround } from './contract/ground.ts';
import { stateFolder, type Folders } from './folders.ts';
import { refusals } from './http/problem.ts';
import type { SpecStore } from './install/spec-store.ts';
import type { Operations } from './operations/operations.ts';
import type { PlatformAddress } from './platform/platform-address.ts';
import type { StatusBoard } from './status/status-board.ts';
import type { UsageHistory } from './status/usage-history.ts';
import type { Supervisor } from './supervisor/supervisor.ts';

export interface GroundParts {
  readonly folders: Folders;
  readonly specs: SpecStore;
  readonly bounds: Bounds;
  readonly board: StatusBoard;
  readonly usage: UsageHistory;
  readonly operations: Operations;
  readonly supervisor: Supervisor;
  readonly console: ConsoleHub;
  readonly address: PlatformAddress;
  readonly token: string;
}

export function makeGround(parts: GroundParts): AgentGround {
  const { folders, specs, bounds, board, usage, operations, supervisor, console, address, token } =
    parts;
  return {
    data: folders.data,
    get spec() {
      return specs.spec;
    },
    get status() {
      return board.status;
    },
    get disk() {
      return usage.look;
    },
    diskLooked: () => usage.looked,
    lookAtDisk: () => usage.lookAgain(),
    get owner() {
      return process.getuid?.() === 0 ? bounds.value.user : null;
    },
    get platform() {
      return address.url === undefined ? undefined : { url: address.url, token };
    },
    stateFolder: (plugin) => stateFolder(folders, plugin),
    operation: (id) => operations.get(id),
    submit: (id, kind, input) => operations.submit(id, kind, input),
    command: (line) => typeLine(supervisor, line),
    onOutput: (listener) => console.listen(listener),
  };
}

/** One line, on the console that this game has; resolves when the game has it. */
export async function typeLine({ run }: Supervisor, line: string): Promise<void> {
  if (run === undefined) throw refusals.notRunning();
  await run.input.command(line);
}
