/**
 * From unpacked packages to what a game is run from: the paths it wants at the places it wants them, the libraries
 * its programs load in `lib`, and everybody's copyright in `copyright`. Nothing else of the packages is kept.
 */
import { copyFile, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { listFiles } from '../npm/write-tar.ts';
import { libraryMissing, pathMissing } from './apt-errors.ts';
import { neededLibraries } from './elf.ts';

export interface Collection {
  /** For people: `openttd 13.0`. */
  readonly what: string;
  /** Where all packages were unpacked. */
  readonly root: string;
  /** Path in the packages → path in the artifact, `.` for its root. */
  readonly keep: Readonly<Record<string, string>>;
  /** Where it is put together; must not exist. */
  readonly target: string;
}

/** Those of the C library, which programs take from the machine they run on. */
const machines =
  /^(ld-linux.*|(libc|libm|libmvec|libdl|libpthread|librt|libresolv|libutil|libanl|libnsl)\.so\.\d+)$/;

export async function collect({ what, root, keep, target }: Collection): Promise<void> {
  const inside = await realpath(root);
  await mkdir(target);
  for (const [from, to] of Object.entries(keep)) {
    if (!(await copyAll(inside, join(inside, from), join(target, to))))
      throw pathMissing(what, from);
  }
  await addLibraries(what, inside, target);
  await addCopyrights(inside, target);
}

/** Links are followed as long as they end inside; those that lead to what was not fetched are left out. */
async function copyAll(root: string, from: string, to: string): Promise<boolean> {
  const real = await realpath(from).catch(() => undefined); // missing, or a link to something missing
  if (real === undefined || !(real + sep).startsWith(root + sep)) return false;
  const info = await stat(real);
  if (info.isDirectory()) {
    for (const name of await readdir(real)) await copyAll(root, join(real, name), join(to, name));
    return true;
  }
  if (!info.isFile()) return false;
  await mkdir(dirname(to), { recursive: true });
  await copyFile(real, to);
  return true;
}

/** What the programs need, and what that needs, each under the name by which it is asked for. */
async function addLibraries(what: string, root: string, target: string): Promise<void> {
  const available = await librariesIn(root);
  const folder = join(target, 'lib');
  await mkdir(folder, { recursive: true });
  const asking = (await listFiles(target)).map((path) => join(target, path));
  const have = new Set<string>();
  for (const file of asking) {
    for (const name of (await neededLibraries(file)) ?? []) {
      if (have.has(name) || machines.test(name)) continue;
      const found = available.get(name);
      if (found === undefined || !(await copyAll(root, found, join(folder, name))))
        throw libraryMissing(what, name);
      have.add(name);
      asking.push(join(folder, name));
    }
  }
}

/** Name → where it lies; the system's own folders win over those of single programs. */
async function librariesIn(root: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const folders = [join(root, 'lib'), join(root, 'usr/lib')];
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // has none
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (/\.so(\.|$)/.test(entry.name) && !found.has(entry.name)) found.set(entry.name, path);
    }
  }
  return found;
}

async function addCopyrights(root: string, target: string): Promise<void> {
  const documents = join(root, 'usr/share/doc');
  for (const name of await readdir(documents).catch(() => []))
    await copyAll(root, join(documents, name, 'copyright'), join(target, 'copyright', name));
}
