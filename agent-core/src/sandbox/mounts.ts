/** The mounts of a sandbox, in the order in which they are made: each on a path that exists by then. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import {
  escapePath,
  isWithin,
  lockedFlagsAt,
  pointsBelow,
  type MountPoint,
} from './mount-points.ts';
import type { SystemFiles } from './system-files.ts';
import type { View } from './view.ts';

export interface Mount {
  readonly source: string;
  /** Inside the sandbox. */
  readonly path: string;
  /** `none` for a folder or file of the machine. */
  readonly type: 'none' | 'proc' | 'tmpfs' | 'devpts';
  readonly options: readonly string[];
  /** Mounts of the machine that come along, and must be made read-only one by one. */
  readonly submounts: readonly string[];
}

export const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map(
  (name) => `/dev/${name}`,
);
const inert = ['nosuid', 'nodev'];

export function planMounts(
  view: View,
  { folders }: SystemFiles,
  points: readonly MountPoint[],
): Mount[] {
  const readable = [...folders, ...view.readable];
  const hidden = view.hidden.filter((path) => readable.some((folder) => isWithin(path, folder)));
  const size = `size=${Math.max(view.temporaryBytes, 2 ** 20)}`;
  const groups = Object.entries(view.groups);
  const mounts: Mount[] = [
    ...readable.map((path) => bind(path, path, ['ro', ...inert], points)),
    ...hidden.map((path) => fresh(path, 'tmpfs', ['mode=555', 'size=64k', ...inert, 'noexec'])),
    ...devices.map((path) => bind(path, path, ['nosuid', 'noexec'], points)),
    fresh('/dev/pts', 'devpts', ['newinstance', 'ptmxmode=0666', 'mode=620', 'nosuid', 'noexec']),
    fresh('/dev/shm', 'tmpfs', ['mode=1777', size, ...inert]),
    fresh('/tmp', 'tmpfs', ['mode=1777', size, ...inert]),
    fresh('/proc', 'proc', [...inert, 'noexec']),
    ...groups.map(([name, path]) =>
      bind(path, join('/sys/fs/cgroup', name), ['ro', ...inert, 'noexec'], points),
    ),
    ...view.writable.map((path) => bind(path, path, inert, points)),
  ];
  // A path named twice is mounted as it is named last; a mount comes before those inside of it.
  const byPath = new Map(mounts.map((mount) => [mount.path, mount]));
  return [...byPath.values()].sort((a, b) => depthOf(a.path) - depthOf(b.path));
}

const depthOf = (path: string) => path.split('/').length;

function bind(
  source: string,
  path: string,
  flags: readonly string[],
  points: readonly MountPoint[],
): Mount {
  const real = realpathSync(source);
  const options = [...new Set(['rbind', ...flags, ...lockedFlagsAt(real, points)])];
  const below = flags.includes('ro') ? pointsBelow(real, points) : [];
  return {
    source: real,
    path,
    type: 'none',
    options,
    submounts: below.map((point) => path + point.slice(real.length)),
  };
}

function fresh(path: string, type: 'proc' | 'tmpfs' | 'devpts', options: readonly string[]): Mount {
  return { source: 'zlh', path, type, options, submounts: [] };
}

/** The mount in which a folder lies before it is mounted on; undefined for the sandbox's own `/`. */
export function mountAround(path: string, mounts: readonly Mount[]): Mount | undefined {
  const around = mounts.filter((mount) => mount.path !== path && isWithin(path, mount.path));
  return around.toSorted((a, b) => depthOf(a.path) - depthOf(b.path)).at(-1);
}

/** The lines of a table for `mount --all`; `root` is where the sandbox's own `/` lies outside. */
export function tableOf(root: string, mounts: readonly Mount[]): string {
  const own = { source: root, path: '', type: 'none', options: ['bind', 'ro', ...inert] };
  const lines = mounts.map(({ source, path, type, options }) => {
    const isMade = mountAround(path, mounts)?.type === 'tmpfs';
    return { source, path, type, options: isMade ? [...options, 'X-mount.mkdir'] : options };
  });
  return [own, ...lines]
    .map(({ source, path, type, options }) =>
      [escapePath(source), escapePath(root + path), type, options.join(','), '0 0\n'].join(' '),
    )
    .join('');
}

/** One line for each mount that came along with a read-only one: its options, then its path. */
export function remountsOf(root: string, mounts: readonly Mount[]): string {
  return mounts
    .flatMap(({ submounts }) => submounts)
    .map((path) => `remount,bind,ro,nosuid,nodev ${root + path}\n`)
    .join('');
}
