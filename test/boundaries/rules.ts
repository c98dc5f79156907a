/**
 * The direction of imports (the repository's first promise), checked over every import statement:
 *
 *     web-components → (HTTP) → plugins → agent contracts → agent-core        everybody → kernel
 *
 * Nobody imports another package's inside, only its exports; outside of tests only its contract,
 * the `"."` export, and the libraries named here. Nobody imports what its package.json does not name.
 * No packages import each other in a cycle.
 */
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { type Repository, isTest, packageOf } from './repository.ts';
import { packageCycles } from './cycles.ts';
import { type Import, type Imports, importsOf, parseSpecifier } from './imports.ts';

/** One import that breaks a rule. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

type Layer = 'kernel' | 'plugins' | 'agent-core' | 'agent-plugins' | 'web-components' | 'free';

const noLayer: readonly Layer[] = [];
/** Layers whose packages a layer may import, its own package aside. */
const allowed: Record<Layer, readonly Layer[]> = {
  kernel: noLayer,
  plugins: ['kernel', 'plugins', 'agent-core', 'agent-plugins'],
  'agent-core': ['kernel'],
  'agent-plugins': ['kernel', 'agent-core'],
  'web-components': noLayer,
  free: ['kernel', 'plugins', 'agent-core', 'agent-plugins', 'web-components'],
};

/**
 * Libraries that a contract may run besides the kernel and other contracts: schemas, and ids. Types of
 * declared dependencies are free, for they are erased.
 */
const contractLibraries = ['typebox', 'node:crypto'];

/** Code that packages share besides their contracts; no contract runs it. */
const libraries = ['@zlh/agent/fs', '@zlh/agent/sandbox', '@zlh/kernel/process-id'];

/** Every violation in the repository, in the order of the files. */
export function violations(repository: Repository): Violation[] {
  const found: Violation[] = [];
  const imports: Imports = new Map();
  for (const [path, source] of Object.entries(repository.files)) {
    try {
      imports.set(path, importsOf(path, source));
    } catch (error) {
      found.push({ path, line: 1, message: (error as Error).message });
    }
  }
  for (const [path, statements] of imports) {
    for (const each of statements) {
      const message = check(repository, path, each);
      if (message !== undefined) found.push({ path, line: each.line, message });
    }
  }
  const cycles = packageCycles(repository, imports);
  return [
    ...found,
    ...contractViolations(repository, imports),
    ...cycles.map((message) => ({ path: 'package.json', line: 1, message })),
  ];
}

function layerOf(folder: string): Layer {
  const top = folder.split('/', 1)[0] ?? '';
  return top in allowed ? (top as Layer) : 'free';
}

function check(repository: Repository, path: string, { specifier }: Import): string | undefined {
  if (specifier === undefined) return checkComputed(path);
  if (specifier.startsWith('.')) return checkRelative(repository, path, specifier);
  if (specifier.startsWith('/') || specifier.startsWith('file:')) {
    return `"${specifier}" is an absolute path.`;
  }
  if (isBuiltin(specifier) || specifier.startsWith('#')) return undefined;
  const { name, subpath } = parseSpecifier(specifier);
  const target = Object.keys(repository.packages).find(
    (dir) => repository.packages[dir]?.name === name,
  );
  const message =
    target === undefined ? undefined : checkOurs(repository, path, specifier, target, subpath);
  return message ?? checkDeclared(repository, path, name, target);
}

/** The kernel loads plugins by name, the launcher the kernel, the portal parts; other ones hide. */
function checkComputed(path: string): string | undefined {
  if (path === 'agent-core/bin/launch.js') return undefined;
  if (path === 'web-components/src/part/load-module.ts') return undefined;
  if (path.startsWith('kernel/') || isTest(path) || path.startsWith('bench/')) return undefined;
  return 'A computed import cannot be checked; only the kernel loads code by a computed name.';
}

function checkRelative(
  repository: Repository,
  path: string,
  specifier: string,
): string | undefined {
  const target = join(dirname(path), specifier.split('?', 1)[0] ?? '');
  const home = packageOf(repository, path) || (path.split('/', 1)[0] ?? '');
  if (target.startsWith(`${home}/`)) return undefined;
  const usesTestSupport = isTest(path) || path.startsWith('bench/');
  if (usesTestSupport && target.startsWith('test/')) return undefined;
  return `"${specifier}" leaves ${home}; import the other package's contract by its name.`;
}

function checkOurs(
  repository: Repository,
  path: string,
  specifier: string,
  target: string,
  subpath: string,
): string | undefined {
  const home = packageOf(repository, path);
  const layer = layerOf(path);
  if (home !== target && !allowed[layer].includes(layerOf(target))) {
    return `${layer} may not import ${layerOf(target)} ("${specifier}").`;
  }
  if (path.startsWith('config/') && layerOf(target) !== 'kernel') {
    return `config is data: it may import the kernel only, not "${specifier}".`;
  }
  const exported = Object.keys(repository.packages[target]?.exports ?? {});
  if (!exported.some((pattern) => matches(pattern, subpath))) {
    return `"${specifier}" is inside another package: its exports do not name "${subpath}".`;
  }
  const isContract = subpath === '.' || libraries.includes(specifier);
  const isTesting = subpath === './testing' && path.includes('/src/testing/');
  if (isContract || isTesting || isTest(path) || path.startsWith('bench/')) return undefined;
  if (subpath === './testing') return `"${specifier}" is for tests only.`;
  return `"${specifier}" is not a contract; import "${repository.packages[target]?.name}".`;
}

function matches(pattern: string, subpath: string): boolean {
  const [start = '', end] = pattern.split('*', 2);
  if (end === undefined) return pattern === subpath;
  return subpath.startsWith(start) && subpath.endsWith(end);
}

function checkDeclared(
  repository: Repository,
  path: string,
  name: string,
  target: string | undefined,
): string | undefined {
  const home = packageOf(repository, path);
  const manifest = repository.packages[home] ?? {};
  if (manifest.name === name) return undefined;
  const inTest = isTest(path) || path.startsWith('bench/');
  if (target !== undefined && (inTest || path.startsWith('config/'))) return undefined;
  const { dependencies, peerDependencies, optionalDependencies } = manifest;
  if (name === '@zlh/kernel') {
    if (peerDependencies?.[name] !== undefined && dependencies?.[name] === undefined) return;
    return 'The kernel belongs to peerDependencies, so that a host has one.';
  }
  const root = repository.packages[''];
  const forTests = inTest
    ? { ...root?.dependencies, ...root?.devDependencies, ...manifest.devDependencies }
    : {};
  const declared = { ...forTests, ...optionalDependencies, ...peerDependencies, ...dependencies };
  if (name in declared) return undefined;
  return `"${name}" is not among the dependencies of ${home === '' ? 'the root' : home}.`;
}

/** Everything that a contract runs, however deep. */
function contractViolations(repository: Repository, imports: Imports): Violation[] {
  return Object.keys(repository.packages).flatMap((folder) => {
    const entry = `${folder}/src/index.ts`;
    if (layerOf(folder) === 'kernel' || layerOf(folder) === 'free') return [];
    return entry in repository.files ? contractReach(repository, imports, entry) : [];
  });
}

function contractReach(repository: Repository, imports: Imports, entry: string): Violation[] {
  const found: Violation[] = [];
  const queue = [entry];
  const seen = new Set(queue);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const { specifier, typeOnly, line } of imports.get(path) ?? []) {
      if (typeOnly || specifier === undefined) continue;
      if (specifier.startsWith('.')) {
        const next = join(dirname(path), specifier);
        if (next in repository.files && !seen.has(next)) queue.push(next);
        seen.add(next);
        continue;
      }
      const { name } = parseSpecifier(specifier);
      const ours = Object.values(repository.packages).some((manifest) => manifest.name === name);
      if (ours || contractLibraries.includes(name)) continue;
      const message = `The contract ${entry} runs "${specifier}"; it may run the kernel, other contracts and typebox only.`;
      found.push({ path, line, message });
    }
  }
  return found;
}
