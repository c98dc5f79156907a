/**
 * The repository as the boundary rules see it: source files, and the package each belongs to.
 *
 * It is plain data, so that a test can make up a repository that breaks one rule.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { walk } from '../runner/walk.ts';

export interface Manifest {
  readonly name?: string;
  readonly description?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Repository {
  /** Source text by path, relative to the root, with forward slashes. */
  readonly files: Readonly<Record<string, string>>;
  /** Manifests by folder; the root's folder is `''`. */
  readonly packages: Readonly<Record<string, Manifest>>;
  /** Lockfiles by path. */
  readonly lockfiles: Readonly<Record<string, string>>;
}

/** Reads the repository from disk. */
export function readRepository(root: string): Repository {
  const paths = walk(root);
  return {
    files: readAll(
      root,
      paths.filter((path) => /\.[cm]?[jt]sx?$/.test(path)),
    ),
    packages: readManifests(root, paths),
    lockfiles: readAll(root, named(root, 'package-lock.json', paths)),
  };
}

/** Manifests by folder; the root's folder is `''`. */
export function readManifests(root: string, paths = walk(root)): Record<string, Manifest> {
  const sources = readAll(root, named(root, 'package.json', paths));
  return Object.fromEntries(
    Object.entries(sources).map(([path, source]) => [
      path.replace(/\/?package\.json$/, ''),
      JSON.parse(source) as Manifest,
    ]),
  );
}

function named(root: string, name: string, paths: readonly string[]): string[] {
  const inside = paths.filter((path) => path.endsWith(`/${name}`));
  return existsSync(join(root, name)) ? [name, ...inside] : inside;
}

function readAll(root: string, paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** The folder of the package that a file belongs to: the nearest one above it. */
export function packageOf(repository: Repository, path: string): string {
  const above = Object.keys(repository.packages).filter((folder) => path.startsWith(`${folder}/`));
  return above.sort((a, b) => b.length - a.length)[0] ?? '';
}

/** Code that only tests run: test files, and everything in a folder `test`. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || /(^|\/)test\//.test(path);
}
