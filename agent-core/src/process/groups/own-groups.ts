/**
 * In which control groups this agent is, as folders of this machine. Promises the right folders also in a
 * container, where the mount shows only a part of the hierarchy.
 */
import { join, relative } from 'node:path';

export interface OwnGroups {
  /** The folder of the unified hierarchy. */
  readonly unified: string | undefined;
  /** Folders of the older hierarchies by controller: `memory`, `cpu`, `cpuacct`, `pids` … */
  readonly controllers: ReadonlyMap<string, string>;
}

interface Mount {
  /** The part of the hierarchy that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** Takes the content of `/proc/self/cgroup` and `/proc/self/mountinfo`. */
export function findOwnGroups(cgroup: string, mountinfo: string): OwnGroups {
  const mounts = mountinfo.split('\n').flatMap(readMount);
  const controllers = new Map<string, string>();
  let unified: string | undefined;
  for (const line of cgroup.split('\n')) {
    const [, names, ...rest] = line.split(':');
    if (names === undefined) continue;
    const path = rest.join(':');
    if (names === '') {
      const mount = mounts.find(({ type }) => type === 'cgroup2');
      unified = mount === undefined ? undefined : folderOf(mount, path);
      continue;
    }
    for (const name of names.split(',')) {
      const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(name));
      const folder = mount === undefined ? undefined : folderOf(mount, path);
      if (folder !== undefined) controllers.set(name, folder);
    }
  }
  return { unified, controllers };
}

/** `31 23 0:28 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory` */
function readMount(line: string): Mount[] {
  const [before, after] = line.split(' - ');
  const [root, point] = before?.split(' ').slice(3, 5) ?? [];
  const [type, , options] = after?.split(' ') ?? [];
  if (root === undefined || point === undefined || type === undefined) return [];
  return [{ root, point: unescape(point), type, options: options?.split(',') ?? [] }];
}

/** The kernel writes blanks in paths as `\040`. */
function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Undefined when the mount does not show this group. */
function folderOf({ root, point }: Mount, path: string): string | undefined {
  const inside = relative(root, path);
  return inside.startsWith('..') ? undefined : join(point, inside);
}
