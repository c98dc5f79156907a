/**
 * The mounts of this machine as the kernel tells them: with which flags a path is mounted, and what is
 * mounted below it.
 */
import { readFileSync } from 'node:fs';

export interface MountPoint {
  readonly path: string;
  /** `ro`, `nosuid`, `nodev`, `noexec`, `relatime` … */
  readonly flags: readonly string[];
}

/** Takes the content of `/proc/self/mountinfo`. */
export function parseMountPoints(mountinfo: string): MountPoint[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [, , , , path, flags] = line.split(' ');
    if (path === undefined || flags === undefined) return [];
    return [{ path: unescapePath(path), flags: flags.split(',') }];
  });
}

export function readMountPoints(): MountPoint[] {
  return parseMountPoints(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** Whether `path` is `folder` or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** Flags a user namespace may not take off a mount it was given: they are named again with each new flag. */
export function lockedFlagsAt(path: string, points: readonly MountPoint[]): string[] {
  const above = points.filter((point) => isWithin(path, point.path));
  // The later one of two on the same folder lies on top.
  const nearest = above.toSorted((a, b) => a.path.length - b.path.length).at(-1);
  return ['ro', 'nosuid', 'nodev', 'noexec'].filter((flag) => nearest?.flags.includes(flag));
}

/** Mounted below the path, without those another mount covers. */
export function pointsBelow(path: string, points: readonly MountPoint[]): string[] {
  const below = points.filter((point) => point.path !== path && isWithin(point.path, path));
  return [...new Set(below.map((point) => point.path))];
}

/** The kernel writes blanks in paths as `\040`. */
function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** As a table of mounts wants it. */
export function escapePath(path: string): string {
  return path.replace(/[\s\\#]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
