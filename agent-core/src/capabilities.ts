/** The capabilities that an agent hands its plugins, each on its own. */
import type { Actions } from './actions/actions.ts';
import type { Bounds } from './bounds.ts';
import type { ConsoleHub } from './console/console-hub.ts';
import type {
  ActionRunner,
  Console,
  DataFolder,
  OperationQueue,
  PlatformLink,
  Processes,
} from './contract/capabilities.ts';
import { stateFolder, type Folders } from './folders.ts';
import { Disk } from './fs/disk.ts';
import { typeLine } from './ground.ts';
import type { Operations } from './operations/operations.ts';
import type { PlatformClient } from './platform/platform-client.ts';
import type { UsageHistory } from './status/usage-history.ts';
import type { Supervisor } from './supervisor/supervisor.ts';

interface Deps {
  readonly folders: Folders;
  readonly bounds: Bounds;
  readonly usage: UsageHistory;
  readonly operations: Operations;
  readonly supervisor: Supervisor;
  readonly console: ConsoleHub;
  readonly actions: Actions;
  readonly platform: PlatformClient;
}

export interface Capabilities {
  readonly data: DataFolder;
  readonly console: Console;
  readonly actions: ActionRunner;
  readonly processes: Processes;
  readonly queue: OperationQueue;
  readonly platform: PlatformLink;
}

export function makeCapabilities(deps: Deps): Capabilities {
  const { operations, supervisor, console, actions, platform } = deps;
  return {
    data: dataFolder(deps),
    console: {
      send: (line) => typeLine(supervisor, line),
      onOutput: (listener) => console.listen(listener),
    },
    actions: { run: (action, options) => actions.perform(action, options) },
    processes: { get: () => mainProcess(supervisor) },
    queue: {
      submit: (id, kind, input) => operations.submit(id, kind, input),
      get: (id) => operations.get(id),
    },
    platform: { request: (request) => platform.send(request) },
  };
}

function dataFolder({ folders, bounds, usage }: Deps): DataFolder {
  const disk = new Disk({
    ground: {
      spec: undefined, // no limit of the instance: space beside its folder is the host's
      disk: null,
      diskLooked: () => usage.looked,
      lookAtDisk: () => usage.lookAgain(),
    },
    state: folders.state,
    pending: () => ({ size: 0, arrived: 0 }),
    cleared: () => Promise.resolve(),
  });
  return {
    path: folders.data,
    get owner() {
      return process.getuid?.() === 0 ? bounds.value.user : null;
    },
    get usage() {
      return usage.look;
    },
    reserve: (bytes, signal) => disk.reserve(bytes, signal),
    stateFolder: (plugin) => stateFolder(folders, plugin),
  };
}

function mainProcess(supervisor: Supervisor): ReturnType<Processes['get']> {
  return {
    get state() {
      return supervisor.view.state;
    },
    get ready() {
      return supervisor.view.ready;
    },
    get run() {
      return supervisor.run?.id;
    },
    get desired() {
      return supervisor.view.wanted ? 'running' : 'stopped';
    },
    stop: (signal) => supervisor.pause(signal),
    start: (signal) => supervisor.start(signal),
  };
}
