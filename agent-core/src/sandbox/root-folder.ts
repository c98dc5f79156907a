/**
 * The folder that becomes `/` of one sandbox: mount points, links and a few small files, with the table of
 * its mounts beside it. It is made anew for each launch by who owns it; the program inside sees it
 * read-only.
 */
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readMountPoints } from './mount-points.ts';
import { mountAround, planMounts, remountsOf, tableOf, type Mount } from './mounts.ts';
import { systemFiles } from './system-files.ts';
import type { View } from './view.ts';

export interface RootFolder {
  readonly root: string;
  /** For `mount --all`. */
  readonly table: string;
  /** See {@link remountsOf}. */
  readonly remounts: string;
}

/** Where the machine's own `/` is for the moment between the change of roots and its end. */
export const OUTSIDE = '.outside';

const ownLinks = {
  '/dev/fd': '/proc/self/fd',
  '/dev/stdin': '/proc/self/fd/0',
  '/dev/stdout': '/proc/self/fd/1',
  '/dev/stderr': '/proc/self/fd/2',
  '/dev/ptmx': 'pts/ptmx',
  '/var/tmp': '../tmp',
  '/var/run': '../run',
};
const ownFolders = ['/run', `/${OUTSIDE}`];

/** `folder` must not exist yet, or hold what an ended sandbox left. */
export function makeRootFolder(folder: string, view: View): RootFolder {
  removeRootFolder(folder);
  const made: RootFolder = {
    root: join(folder, 'root'),
    table: join(folder, 'mounts'),
    remounts: join(folder, 'remounts'),
  };
  const system = systemFiles(view.user, view.cwd, view.account);
  const mounts = planMounts(view, system, readMountPoints());
  mkdirSync(made.root, { recursive: true });
  for (const path of ownFolders) makeFolder(made.root, path);
  for (const mount of mounts)
    if (mountAround(mount.path, mounts) === undefined) makeMountPoint(made.root, mount);
  for (const [path, target] of Object.entries({ ...ownLinks, ...system.links })) {
    makeFolder(made.root, dirname(path));
    symlinkSync(target, made.root + path);
  }
  for (const [path, content] of Object.entries(system.files)) makeFile(made.root, path, content);
  writeFileSync(made.table, tableOf(made.root, mounts), { mode: 0o600 });
  writeFileSync(made.remounts, remountsOf(made.root, mounts), { mode: 0o600 });
  return made;
}

export function removeRootFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Every program may pass, whatever the mask of this process is. */
function makeFolder(root: string, path: string): void {
  let at = root;
  chmodSync(root, 0o755);
  for (const name of path.split('/').filter((part) => part !== '')) {
    at = join(at, name);
    try {
      mkdirSync(at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      continue;
    }
    chmodSync(at, 0o755);
  }
}

function makeFile(root: string, path: string, content: Buffer | string): void {
  makeFolder(root, dirname(path));
  writeFileSync(root + path, content);
  chmodSync(root + path, 0o644);
}

function makeMountPoint(root: string, { type, source, path }: Mount): void {
  if (type !== 'none' || statSync(source).isDirectory()) makeFolder(root, path);
  else makeFile(root, path, '');
}
