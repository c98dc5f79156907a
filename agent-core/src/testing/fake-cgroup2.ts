/**
 * The unified control groups of a kernel, as far as an agent sees them, with the rules that trip people: controllers
 * must be handed down, a group with processes cannot hand them down, and one that does takes no processes.
 */
import { basename, dirname } from 'node:path';
import type { GroupFiles } from '../process/groups/group-files.ts';

interface Group {
  readonly procs: Set<number>;
  /** What its children get. */
  readonly handed: Set<string>;
  readonly values: Map<string, string>;
}

const filesOf: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  memory: [
    ['memory.max', 'max\n'],
    ['memory.swap.max', 'max\n'],
    ['memory.current', '10485760\n'],
    ['memory.stat', 'anon 1\ninactive_file 4194304\nactive_file 7\n'],
    ['memory.events', 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n'],
  ],
  cpu: [['cpu.max', 'max 100000\n']],
  pids: [['pids.max', 'max\n']],
};

export interface FakeCgroup2 extends GroupFiles {
  readonly groups: ReadonlyMap<string, Group>;
  /** What a process that writes `0` to `cgroup.procs` does. */
  enter(folder: string, pid: number): void;
  exit(pid: number): void;
}

const fail = (code: string): never => {
  throw Object.assign(new Error(code), { code });
};

/** `top` is where the agent's view begins; it is delegated to us with `offered` controllers. */
export function fakeCgroup2(top: string, offered: readonly string[]): FakeCgroup2 {
  const fresh = (): Group => ({ procs: new Set(), handed: new Set(), values: new Map() });
  const groups = new Map<string, Group>([[top, fresh()]]);
  const at = (folder: string): Group => groups.get(folder) ?? fail('ENOENT');
  const controllersOf = (folder: string): readonly string[] =>
    folder === top ? offered : [...at(dirname(folder)).handed];
  const childrenOf = (folder: string) =>
    [...groups.keys()].filter((key) => dirname(key) === folder);

  function content(folder: string, file: string): string | undefined {
    const group = groups.get(folder);
    if (group === undefined) return undefined;
    if (file === 'cgroup.controllers') return `${controllersOf(folder).join(' ')}\n`;
    if (file === 'cgroup.subtree_control') return `${[...group.handed].join(' ')}\n`;
    if (file === 'cgroup.procs') return [...group.procs].map((pid) => `${pid}\n`).join('');
    if (file === 'cpu.stat') return 'usage_usec 2500000\nuser_usec 1\n';
    const known = controllersOf(folder).flatMap((name) => filesOf[name] ?? []);
    const initial = known.find(([name]) => name === file)?.[1];
    return initial === undefined ? undefined : (group.values.get(file) ?? initial);
  }

  function handDown(folder: string, changes: string): void {
    const names = changes.split(' ').map((change) => change.slice(1));
    if (!names.every((name) => controllersOf(folder).includes(name))) fail('ENOENT');
    if (at(folder).procs.size > 0) fail('EBUSY');
    for (const name of names) at(folder).handed.add(name);
  }

  function enter(folder: string, pid: number): void {
    if (at(folder).handed.size > 0) fail('EBUSY');
    for (const group of groups.values()) group.procs.delete(pid);
    at(folder).procs.add(pid);
  }

  return {
    groups,
    enter,
    exit: (pid) => {
      for (const group of groups.values()) group.procs.delete(pid);
    },
    read: (path) => content(dirname(path), basename(path)),
    write(path, text) {
      const [folder, file] = [dirname(path), basename(path)];
      if (content(folder, file) === undefined) fail('ENOENT');
      if (file === 'cgroup.subtree_control') handDown(folder, text);
      else if (file === 'cgroup.procs') enter(folder, Number(text));
      else at(folder).values.set(file, `${text}\n`);
    },
    make(folder) {
      at(dirname(folder));
      if (groups.has(folder)) fail('EEXIST');
      groups.set(folder, fresh());
    },
    remove(folder) {
      const group = groups.get(folder);
      if (group === undefined) return;
      if (group.procs.size > 0 || childrenOf(folder).length > 0) fail('EBUSY');
      groups.delete(folder);
    },
    list: (folder) => childrenOf(folder).map((key) => basename(key)),
    ageMs: () => 0,
  };
}
