/**
 * The control group of one run of the game: who is in it, what it uses, whether it ran out of memory. Made from
 * nothing but its folders, so that a later agent knows it as well as the one that made it.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroupFiles } from './group-files.ts';

/** Kept on disk with the run. Version 2 has one folder under every name. */
export interface GroupFolders {
  readonly version: 1 | 2;
  readonly memory: string;
  readonly cpu?: string;
  readonly cpuacct?: string;
  readonly pids?: string;
}

const REMOVE_ROUNDS = 40;
const ROUND_MS = 25;

export class RunGroup {
  readonly folders: GroupFolders;
  readonly #files: GroupFiles;

  constructor(folders: GroupFolders, files: GroupFiles) {
    this.folders = folders;
    this.#files = files;
  }

  /** Every folder once. */
  get paths(): string[] {
    const { memory, cpu, cpuacct, pids } = this.folders;
    return [...new Set([memory, cpu, cpuacct, pids].filter((path) => path !== undefined))];
  }

  /** Pids of all processes in it; those of another pid namespace have no number here. */
  members(): number[] {
    const text = this.paths.map((path) => this.#files.read(join(path, 'cgroup.procs')) ?? '');
    const pids = text.join('\n').split('\n').map(Number);
    return [...new Set(pids.filter((pid) => pid > 0))];
  }

  /** Processes of the group that the kernel ended because memory ran out; undefined when it cannot be told. */
  oomKills(): number | undefined {
    const file = this.folders.version === 2 ? 'memory.events' : 'memory.oom_control';
    return numberAfter('oom_kill', this.#files.read(join(this.folders.memory, file)));
  }

  /** What it really needs: cached files, which the kernel drops at once when it wants to, do not count. */
  memoryBytes(): number | undefined {
    const [usage, cache] =
      this.folders.version === 2
        ? ['memory.current', 'inactive_file']
        : ['memory.usage_in_bytes', 'total_inactive_file'];
    const used = this.#number(this.folders.memory, usage);
    if (used === undefined) return undefined;
    const stat = this.#files.read(join(this.folders.memory, 'memory.stat'));
    return Math.max(0, used - (numberAfter(cache, stat) ?? 0));
  }

  /** Processor time of all processes that ever were in it. */
  cpuSeconds(): number | undefined {
    const { version, cpu, cpuacct } = this.folders;
    if (version === 2) {
      const stat = cpu === undefined ? undefined : this.#files.read(join(cpu, 'cpu.stat'));
      const micros = numberAfter('usage_usec', stat);
      return micros === undefined ? undefined : micros / 1e6;
    }
    const nanos = cpuacct === undefined ? undefined : this.#number(cpuacct, 'cpuacct.usage');
    return nanos === undefined ? undefined : nanos / 1e9;
  }

  /** False when something still lives in it. Removing twice is no harm. */
  async remove(): Promise<boolean> {
    for (let round = 0; round < REMOVE_ROUNDS; round++) {
      if (this.paths.map((path) => this.#removed(path)).every(Boolean)) return true;
      await delay(ROUND_MS); // the kernel takes a moment to let go of the last process
    }
    return false;
  }

  #removed(path: string): boolean {
    try {
      this.#files.remove(path);
      return true;
    } catch {
      return false; // EBUSY; anything else is as little to be helped
    }
  }

  #number(folder: string, file: string): number | undefined {
    const text = this.#files.read(join(folder, file));
    return text === undefined || !/^\d+\s*$/.test(text) ? undefined : Number(text);
  }
}

/** `oom_kill 3` in a file of such lines. */
function numberAfter(name: string, text: string | undefined): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '');
  return found === null ? undefined : Number(found[1]);
}
