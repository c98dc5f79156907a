/**
 * Makes an installed tree small: what a program never reads while it runs is removed. Licences stay.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A package's own folders that only its developers need. */
const developersFolders = new Set([
  '.github',
  '.vscode',
  '.circleci',
  '__tests__',
  'benchmark',
  'benchmarks',
  'coverage',
  'doc',
  'docs',
  'example',
  'examples',
  'man',
  'test',
  'tests',
  'website',
]);
const developersFiles =
  /(\.(md|markdown|map|ts|mts|cts|flow|html|yml|yaml|jst|mca)|^tsconfig.*\.json|^\.[\w.-]+|^Makefile|^Gruntfile\.js|^Gulpfile\.js)$/i;
const licence = /^(licen[cs]e|copying|notice|copyright)/i;

interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}
interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Removes the packages named, and those that nothing else needs any more. */
export async function removePackages(root: string, absent: readonly string[]): Promise<void> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
  const needed = neededPackages(lock, new Set(absent));
  for (const path of Object.keys(lock.packages)) {
    if (path !== '' && !needed.has(path))
      await rm(join(root, path), { recursive: true, force: true });
  }
}

/** Paths (`node_modules/a/node_modules/b`) of what can be reached from the root. */
function neededPackages(lock: Lockfile, absent: ReadonlySet<string>): ReadonlySet<string> {
  const needed = new Set<string>(['']);
  for (const path of needed) {
    const { dependencies, optionalDependencies } = lock.packages[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = absent.has(name) ? undefined : resolve(lock, path, name);
      if (found !== undefined) needed.add(found);
    }
  }
  return needed;
}

/** Where Node finds `name` when the package at `path` asks for it. */
function resolve(lock: Lockfile, path: string, name: string): string | undefined {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf('node_modules') - 1))) {
    const candidate = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`;
    if (candidate in lock.packages) return candidate;
    if (from === '') return undefined;
  }
}

/** Removes documentation, tests, types, source maps and links to programs from every package. */
export async function removeDevelopersFiles(root: string): Promise<void> {
  await clean(join(root, 'node_modules'), 'packages');
}

type Level = 'packages' | 'package' | 'inside';

async function clean(folder: string, level: Level): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (unneeded(entry.name, entry.isDirectory(), level))
      await rm(path, { recursive: true, force: true });
    else if (entry.isDirectory()) await clean(path, below(entry.name, level));
  }
  if (level !== 'packages' && (await readdir(folder)).length === 0)
    await rm(folder, { recursive: true });
}

function unneeded(name: string, isFolder: boolean, level: Level): boolean {
  if (level === 'packages') return name === '.bin' || name === '.package-lock.json';
  if (isFolder) return level === 'package' && developersFolders.has(name);
  return developersFiles.test(name) && !licence.test(name);
}

function below(name: string, level: Level): Level {
  if (name === 'node_modules') return 'packages';
  return level === 'packages' ? (name.startsWith('@') ? 'packages' : 'package') : 'inside';
}
