/**
 * Makes control groups for runs of the game, where this host lets us. Promises never to leave the group the agent
 * was put into (its limits hold for the game, too), never to move a process of somebody else, and one sentence that
 * says why there are no limits when there are none.
 */
import { basename, dirname, join } from 'node:path';
import type { LimitName } from '../../contract/status.ts';
import type { GroupFiles } from './group-files.ts';
import type { OwnGroups } from './own-groups.ts';
import { RunGroup, type GroupFolders } from './run-group.ts';

export interface Limits {
  readonly memoryBytes: number;
  /** 100 is one core. */
  readonly cpuPercent?: number | undefined;
  readonly processes?: number | undefined;
}

/** The agent's own place below a delegated group, which may hold no process itself. */
export const AGENT_LEAF = 'zlh-agent';

const PERIOD_US = 100_000;
/** Longer than any launch takes from the making of its group to the game in it. */
const DESERTED_MS = 3_600_000;

export class ControlGroups {
  readonly kind: 'cgroup-v1' | 'cgroup-v2' | 'none';
  /** Why there are no limits; null when there are. */
  readonly obstacle: string | null;
  /** The limits that groups made here really have. */
  readonly enforced: readonly LimitName[];
  readonly #files: GroupFiles;
  readonly #prefix: string;
  readonly #bases: GroupFolders | undefined;

  /** `owner` tells the groups of agents apart that share a place: letters and digits, the same at each start. */
  constructor(files: GroupFiles, own: OwnGroups, owner: string, pid = process.pid) {
    this.#files = files;
    this.#prefix = `zlh-${owner}-`;
    const found = this.#findUnified(own, pid) ?? this.#findOlder(own);
    this.#bases = typeof found === 'string' ? undefined : found;
    this.obstacle = typeof found === 'string' ? found : null;
    this.kind = this.#bases === undefined ? 'none' : `cgroup-v${this.#bases.version}`;
    this.enforced = this.#bases === undefined ? [] : this.#enforcedIn(this.#bases);
  }

  /** A kernel may have a hierarchy without what limits in it, or hand down only some of the controllers. */
  #enforcedIn({ version, memory, cpu, pids }: GroupFolders): LimitName[] {
    const handed = words(this.#files.read(join(memory, 'cgroup.subtree_control')));
    const quotaOf = (folder: string) => this.#files.read(join(folder, 'cpu.cfs_quota_us'));
    const [hasCpu, hasPids] =
      version === 2
        ? [handed.includes('cpu'), handed.includes('pids')]
        : [cpu !== undefined && quotaOf(cpu) !== undefined, pids !== undefined];
    return [
      'memoryMiB',
      ...(hasCpu ? (['cpuPercent'] as const) : []),
      ...(hasPids ? (['processes'] as const) : []),
    ];
  }

  /** Where a run's group will be; pure, so that it can be on disk before the group is. */
  plan(runId: string): GroupFolders | null {
    const bases = this.#bases;
    if (bases === undefined) return null;
    const inside = (folder: string) => join(folder, this.#prefix + runId);
    const { version, memory, cpu, cpuacct, pids } = bases;
    return {
      version,
      memory: inside(memory),
      ...(cpu === undefined ? {} : { cpu: inside(cpu) }),
      ...(cpuacct === undefined ? {} : { cpuacct: inside(cpuacct) }),
      ...(pids === undefined ? {} : { pids: inside(pids) }),
    };
  }

  /** A group that was planned, now or by an earlier agent. */
  at(folders: GroupFolders): RunGroup {
    return new RunGroup(folders, this.#files);
  }

  /** Makes the group and sets its limits; throws what the kernel answers, with nothing left behind. */
  make(folders: GroupFolders, limits: Limits): RunGroup {
    const group = this.at(folders);
    try {
      for (const path of group.paths) this.#files.make(path);
      if (folders.version === 2) this.#limitUnified(folders, limits);
      else this.#limitOlder(folders, limits);
    } catch (error) {
      void group.remove();
      throw error;
    }
    return group;
  }

  /** Groups of this owner that no run of `known` has: left by agents that died. */
  left(known: GroupFolders | null): RunGroup[] {
    const kept = known === null ? [] : this.at(known).paths;
    return this.#groups(this.#prefix)
      .filter((path) => !kept.includes(path))
      .map((memory) => this.at({ version: 1, memory }));
  }

  /** Removes the empty groups of agents that are gone for good; the kernel keeps those in which something lives. */
  removeDeserted(): void {
    for (const path of this.#groups('zlh-')) {
      if (path.endsWith(AGENT_LEAF) || this.#files.ageMs(path) < DESERTED_MS) continue;
      try {
        this.#files.remove(path);
      } catch {
        // EBUSY: it is alive
      }
    }
  }

  #groups(prefix: string): string[] {
    if (this.#bases === undefined) return [];
    return this.at(this.#bases).paths.flatMap((base) =>
      this.#files
        .list(base)
        .filter((name) => name.startsWith(prefix))
        .map((name) => join(base, name)),
    );
  }

  #limitUnified({ memory }: GroupFolders, { memoryBytes, cpuPercent, processes }: Limits): void {
    this.#set(memory, 'memory.max', memoryBytes);
    this.#trySet(memory, 'memory.swap.max', 0);
    if (cpuPercent !== undefined)
      this.#trySet(memory, 'cpu.max', `${quota(cpuPercent)} ${PERIOD_US}`);
    if (processes !== undefined) this.#trySet(memory, 'pids.max', processes);
  }

  #limitOlder(folders: GroupFolders, { memoryBytes, cpuPercent, processes }: Limits): void {
    const { memory, cpu, pids } = folders;
    this.#set(memory, 'memory.limit_in_bytes', memoryBytes);
    // Memory and swap together: what does not fit does not go to a disk instead.
    this.#trySet(memory, 'memory.memsw.limit_in_bytes', memoryBytes);
    if (cpu !== undefined && cpuPercent !== undefined) {
      this.#trySet(cpu, 'cpu.cfs_period_us', PERIOD_US);
      this.#trySet(cpu, 'cpu.cfs_quota_us', quota(cpuPercent));
    }
    if (pids !== undefined && processes !== undefined) this.#trySet(pids, 'pids.max', processes);
  }

  #set(folder: string, file: string, value: number | string): void {
    this.#files.write(join(folder, file), String(value));
  }

  /** For what not every kernel has. */
  #trySet(folder: string, file: string, value: number | string): void {
    try {
      this.#set(folder, file, value);
    } catch {
      // This kernel counts no swap, or the controller is not for us: memory is limited all the same.
    }
  }

  /** The base folders, why they cannot be used, or undefined when memory is not managed in this hierarchy. */
  #findUnified({ unified }: OwnGroups, pid: number): GroupFolders | string | undefined {
    if (unified === undefined) return undefined;
    const base = basename(unified) === AGENT_LEAF ? dirname(unified) : unified;
    const offered = words(this.#files.read(join(base, 'cgroup.controllers')));
    if (!offered.includes('memory')) return undefined;
    const wanted = ['memory', 'cpu', 'pids'].filter((name) => offered.includes(name));
    const obstacle = this.#delegate(base, wanted, pid) ?? this.#tryOut(base);
    return obstacle ?? { version: 2, memory: base, cpu: base, pids: base };
  }

  /** A group hands controllers on only when no process is in it: the agent moves to a leaf if it is alone. */
  #delegate(base: string, wanted: readonly string[], pid: number): string | undefined {
    const control = join(base, 'cgroup.subtree_control');
    const missing = wanted.filter((name) => !words(this.#files.read(control)).includes(name));
    if (missing.length === 0) return undefined;
    const enable = () => this.#files.write(control, missing.map((name) => `+${name}`).join(' '));
    try {
      enable();
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return notAllowed(error);
    }
    const members = words(this.#files.read(join(base, 'cgroup.procs'))).map(Number);
    if (members.some((member) => member !== pid)) {
      return 'The agent shares its control group with other processes, so its games run without limits.';
    }
    const leaf = join(base, AGENT_LEAF);
    try {
      if (!this.#files.list(base).includes(AGENT_LEAF)) this.#files.make(leaf);
      this.#files.write(join(leaf, 'cgroup.procs'), String(pid));
      enable();
      return undefined;
    } catch (error) {
      return notAllowed(error);
    }
  }

  #findOlder({ controllers }: OwnGroups): GroupFolders | string {
    const memory = controllers.get('memory');
    if (memory === undefined) {
      return 'This host shows no control groups for memory, so games run without limits.';
    }
    const obstacle = this.#tryOut(memory);
    if (obstacle !== undefined) return obstacle;
    const usable = (name: string) => {
      const folder = controllers.get(name);
      return folder !== undefined && this.#tryOut(folder) === undefined ? { [name]: folder } : {};
    };
    return { version: 1, memory, ...usable('cpu'), ...usable('cpuacct'), ...usable('pids') };
  }

  #tryOut(base: string): string | undefined {
    const folder = join(base, `${this.#prefix}try`);
    try {
      this.#files.remove(folder);
      this.#files.make(folder);
      this.#files.remove(folder);
      return undefined;
    } catch (error) {
      return notAllowed(error);
    }
  }
}

function quota(cpuPercent: number): number {
  return Math.round((cpuPercent / 100) * PERIOD_US);
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

function notAllowed(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'refused';
  return `This host does not let the agent make control groups (${code}), so games run without limits.`;
}
