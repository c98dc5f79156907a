/**
 * The conventions of every file: an opening comment, a length one can read, tests that run.
 *
 * And of lockfiles: they name no registry.
 */
import { type Repository, isTest } from './repository.ts';

const longest = 400;

/** One sentence for each file that breaks a habit. */
export function brokenConventions(repository: Repository): string[] {
  return [
    ...Object.entries(repository.files).flatMap(([path, source]) => [
      ...conventionsOf(path, source),
    ]),
    ...Object.entries(repository.lockfiles).flatMap(([path, source]) => [
      ...faultsOfLockfile(path, source),
    ]),
  ];
}

function* conventionsOf(path: string, source: string): Generator<string> {
  if (!/^(#!.*\n)?\s*(\/\*|\/\/)/.test(source)) {
    yield `${path} does not open with a comment that says why it exists.`;
  }
  const lines = source.split('\n').length - 1;
  if (lines > longest && !isTest(path) && !isGenerated(source)) {
    yield `${path} has ${lines} lines; past ${longest} it is two files.`;
  }
  if (!path.endsWith('.test.ts')) return;
  if (!/\.run\(\);/.test(source)) yield `${path} never calls run(), so its tests do not run.`;
  if (/^\s*test\.only\(/m.test(source)) yield `${path} runs one test only.`;
}

/** A generated file says so in its first sentences, and is as long as its source makes it. */
const isGenerated = (source: string) => /^\/\*\*[^/]*\. Generated from /.test(source);

interface Lockfile {
  readonly packages?: Readonly<
    Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>
  >;
}

/**
 * A lockfile with addresses ties every machine to the registry of the one that wrote it; one that
 * leaves out what another system needs is refused by `npm ci`, or breaks there.
 */
function* faultsOfLockfile(path: string, source: string): Generator<string> {
  const { packages = {} } = JSON.parse(source) as Lockfile;
  for (const [name, { resolved, optionalDependencies = {} }] of Object.entries(packages)) {
    if (resolved?.includes(':') === true) {
      yield `${path}: "${name}" is resolved to an address; run npm with omit-lockfile-registry-resolved.`;
    }
    for (const wanted of Object.keys(optionalDependencies)) {
      if (`${name}/node_modules/${wanted}` in packages) continue;
      if (`node_modules/${wanted}` in packages) continue;
      yield `${path}: "${name}" wants "${wanted}", which is not in the lockfile; npm ci refuses it.`;
    }
  }
}
