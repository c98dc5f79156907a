/**
 * How this agent keeps programs apart from its machine: the one place that turns a plan into what is
 * executed. Promises that where a sandbox is wanted nothing runs without one.
 */
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bounds } from '../bounds.ts';
import type { IsolationBounds } from '../contract/bounds.ts';
import type { GroupFolders } from '../process/groups/run-group.ts';
import type { MarkedRun } from '../process/tree.ts';
import { RUN_MARK } from '../shim/launch.ts';
import { enclose, launchOpenly, type Program } from './command-line.ts';
import { secureDataFolder } from './data-folder.ts';
import { errors } from './errors.ts';
import { isWithin } from './mount-points.ts';
import { makeRootFolder, removeRootFolder } from './root-folder.ts';
import { systemFiles } from './system-files.ts';
import { trySandbox, type SandboxTrial } from './trial.ts';
import type { Account, Identity } from './view.ts';

export interface Wanted {
  readonly program: Program;
  readonly runId: string;
  /** A server, or a step of an installation: they may run side by side. */
  readonly purpose: 'game' | 'step';
  readonly data: string;
  /** Paths of artifacts. */
  readonly artifacts: readonly string[];
  readonly groups: GroupFolders | null;
  readonly memoryBytes: number;
  /** See `InstanceSpec.account`. */
  readonly account?: Account | undefined;
}

/** The command line to execute, and how it behaves. */
export interface Launch extends Program {
  readonly cwd: string;
  /** See `LaunchRequest`. */
  readonly apart: boolean;
  readonly owner: Identity | null;
}

const isRoot = () => process.getuid?.() === 0;

export class Isolation {
  readonly #runDir: string;
  readonly #bounds: Pick<Bounds, 'value' | 'refresh'>;
  #trial: Promise<SandboxTrial> | undefined;

  /** `runDir` is closed to others, and holds what sandboxes are made of. */
  constructor(runDir: string, bounds: Pick<Bounds, 'value' | 'refresh'>) {
    this.#runDir = runDir;
    this.#bounds = bounds;
  }

  /** Whether programs are shown their folder wherever it lies; else they must get there by themselves. */
  get shows(): boolean {
    return this.#bounds.value.isolation?.level === 'sandbox';
  }

  /** Processes that it needs beside the program, of which a limit must know. */
  get processes(): number {
    return this.shows ? 2 : 0;
  }

  /** This user prepares a run, and the user of the bounds carries it out: both may carry its mark. */
  marked(id: string): MarkedRun {
    const { isolation, user } = this.#bounds.value;
    if (isolation === undefined) return { id, users: 'all' };
    return { id, users: [process.getuid!(), ...(isRoot() && user !== null ? [user.uid] : [])] };
  }

  /** As the user of the bounds. */
  async launch(wanted: Wanted): Promise<Launch> {
    this.#bounds.refresh(); // the host may have chosen otherwise since this agent began
    const { isolation, user: given } = this.#bounds.value;
    const { runId, data, purpose, groups } = wanted;
    const terminal = purpose === 'game';
    const paths = groups === null ? [] : foldersOf(groups).map(([, path]) => path);
    // By the mark what was half launched is found; the program gets its own environment at the last moment.
    const env = { PATH: systemPath, [RUN_MARK]: runId };
    const owner = isRoot() ? given : null;
    secureDataFolder(data, owner);
    if (isolation === undefined || isolation.level === 'none') {
      const [command, ...args] = launchOpenly(wanted.program, owner, terminal, paths);
      return { command: command!, args, env, cwd: data, apart: false, owner };
    }
    const user = isRoot() ? owner : { uid: process.getuid!(), gid: process.getgid!() };
    if (user === null) throw errors.wouldBeRoot();
    const trial = await (this.#trial ??= trySandbox(user));
    if (!trial.works) {
      this.#trial = undefined; // the host may have changed that when it is tried the next time
      throw errors.impossible(trial.obstacle);
    }
    const folder = this.#makeFolder(wanted, user, isolation);
    const enclosure = { folder, user, cwd: data, nested: trial.nested, terminal };
    const [command, ...args] = enclose(wanted.program, enclosure, paths);
    return { command: command!, args, env, cwd: '/', apart: true, owner };
  }

  /** Once nothing of such a program lives. */
  clear(purpose: Wanted['purpose']): void {
    for (const name of readdirSync(this.#runDir))
      if (name.startsWith(`${purpose}-`)) removeRootFolder(join(this.#runDir, name));
  }

  #makeFolder(wanted: Wanted, user: Identity, { readable, hidden }: IsolationBounds) {
    const { runId, purpose, data, artifacts, groups, memoryBytes, program, account } = wanted;
    const view = {
      user,
      account,
      writable: [data],
      readable: [...readable, ...artifacts.map(folderOf)],
      hidden,
      groups: groups === null ? {} : Object.fromEntries(foldersOf(groups)),
      temporaryBytes: Math.floor(memoryBytes / 2),
      cwd: data,
    };
    const seen = [...systemFiles(user, data).folders, ...view.readable, data];
    const command = realpathSync(program.command);
    if (!seen.some((path) => isWithin(command, realpathSync(path))))
      throw errors.outOfSight(program.command);
    return makeRootFolder(join(this.#runDir, `${purpose}-${runId}`), view);
  }
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An artifact that is one file shows the folder around it, in which there is nothing else. */
function folderOf(path: string): string {
  return lstatSync(path).isDirectory() ? path : dirname(path);
}

/** Version 2 has one folder for all, version 1 one for each controller. */
function foldersOf(groups: GroupFolders): [string, string][] {
  const { version, memory, cpu, cpuacct, pids } = groups;
  if (version === 2) return [['', memory]];
  return Object.entries({ memory, cpu, cpuacct, pids }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
}
