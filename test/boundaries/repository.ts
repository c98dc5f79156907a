/**
 * The repository as the boundary rules see it: source files, and the package each belongs to.
 *
 * It is plain data, so that a test can make up a repository that breaks one rule.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { walk } from '../runner/walk.ts';

export interface Manifest {
  readonly name?: string;
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
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const paths = walk(root);
  const named = (name: string) => [name, ...paths.filter((path) => path.endsWith(`/${name}`))];
  const select = <T>(chosen: string[], value: (path: string) => T) =>
    Object.fromEntries(chosen.map((path) => [path, value(path)] as const));
  const manifests = select(named('package.json'), (path) => JSON.parse(read(path)) as Manifest);
  return {
    files: select(
      paths.filter((path) => /\.[cm]?[jt]sx?$/.test(path)),
      read,
    ),
    packages: Object.fromEntries(
      Object.entries(manifests).map(([path, manifest]) => [
        path.replace(/\/?package\.json$/, ''),
        manifest,
      ]),
    ),
    lockfiles: select(named('package-lock.json'), read),
  };
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
