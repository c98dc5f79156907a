/**
 * The direction of imports (the house's first promise), checked over every import statement:
 *
 *     web-components → (HTTP) → plugins → agent contracts → agent-core        everybody → kernel
 *
 * Nobody imports another package's inside, only its exports; outside of tests only its contract,
 * the `"."` export. Nobody imports what its package.json does not name.
 */
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { type House, isTest, packageOf } from './house.ts';
import { type Import, importsOf } from './imports.ts';

/** One import that breaks a rule. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

type Room = 'kernel' | 'plugins' | 'agent-core' | 'agent-plugins' | 'web-components' | 'free';

const noRoom: readonly Room[] = [];
/** Whose packages a room may import, its own package aside. */
const allowed: Record<Room, readonly Room[]> = {
  kernel: noRoom,
  plugins: ['kernel', 'plugins', 'agent-core', 'agent-plugins'],
  'agent-core': ['kernel'],
  'agent-plugins': ['kernel', 'agent-core'],
  'web-components': noRoom,
  free: ['kernel', 'plugins', 'agent-core', 'agent-plugins', 'web-components'],
};

/**
 * What a contract may run besides the kernel and other contracts: schemas, and ids. Types of declared
 * dependencies are free, for they are erased.
 */
const contractLibraries = ['typebox', 'node:crypto'];

/** Every violation in the house, in the order of the files. */
export function violations(house: House): Violation[] {
  const found: Violation[] = [];
  for (const [path, source] of Object.entries(house.files)) {
    let imports: Import[];
    try {
      imports = importsOf(path, source);
    } catch (error) {
      found.push({ path, line: 1, message: (error as Error).message });
      continue;
    }
    for (const each of imports) {
      const message = check(house, path, each);
      if (message !== undefined) found.push({ path, line: each.line, message });
    }
  }
  return [...found, ...contractViolations(house)];
}

function roomOf(folder: string): Room {
  const top = folder.split('/', 1)[0] ?? '';
  return top in allowed ? (top as Room) : 'free';
}

/** `@zlh/http/platform?inline` is package `@zlh/http`, export `./platform`. */
function parse(specifier: string): { name: string; subpath: string } {
  const [bare = ''] = specifier.split('?', 1);
  const parts = bare.split('/');
  const length = bare.startsWith('@') ? 2 : 1;
  const rest = parts.slice(length);
  return { name: parts.slice(0, length).join('/'), subpath: ['.', ...rest].join('/') };
}

function check(house: House, path: string, { specifier }: Import): string | undefined {
  if (specifier === undefined) return checkComputed(path);
  if (specifier.startsWith('.')) return checkRelative(house, path, specifier);
  if (specifier.startsWith('/') || specifier.startsWith('file:')) {
    return `"${specifier}" is an absolute path.`;
  }
  if (isBuiltin(specifier) || specifier.startsWith('#')) return undefined;
  const { name, subpath } = parse(specifier);
  const target = Object.keys(house.packages).find((dir) => house.packages[dir]?.name === name);
  const message =
    target === undefined ? undefined : checkOurs(house, path, specifier, target, subpath);
  return message ?? checkDeclared(house, path, name, target);
}

/** The kernel loads plugins by name, the launcher the kernel of a release; anybody else's computed import would escape these rules. */
function checkComputed(path: string): string | undefined {
  if (path === 'agent-core/bin/launch.js') return undefined;
  if (path.startsWith('kernel/') || isTest(path) || path.startsWith('bench/')) return undefined;
  return 'A computed import cannot be checked; only the kernel loads code by a computed name.';
}

function checkRelative(house: House, path: string, specifier: string): string | undefined {
  const target = join(dirname(path), specifier.split('?', 1)[0] ?? '');
  const home = packageOf(house, path) || (path.split('/', 1)[0] ?? '');
  if (target.startsWith(`${home}/`)) return undefined;
  const usesTestSupport = isTest(path) || path.startsWith('bench/');
  if (usesTestSupport && target.startsWith('test/')) return undefined;
  return `"${specifier}" leaves ${home}; import the other package's contract by its name.`;
}

function checkOurs(
  house: House,
  path: string,
  specifier: string,
  target: string,
  subpath: string,
): string | undefined {
  const home = packageOf(house, path);
  const room = roomOf(path);
  if (home !== target && !allowed[room].includes(roomOf(target))) {
    return `${room} may not import ${roomOf(target)} ("${specifier}").`;
  }
  if (path.startsWith('config/') && roomOf(target) !== 'kernel') {
    return `config is data: it may import the kernel only, not "${specifier}".`;
  }
  const exported = Object.keys(house.packages[target]?.exports ?? {});
  if (!exported.some((pattern) => matches(pattern, subpath))) {
    return `"${specifier}" is inside another package: its exports do not name "${subpath}".`;
  }
  const isContract = subpath === '.';
  const isTesting = subpath === './testing' && path.includes('/src/testing/');
  if (isContract || isTesting || isTest(path) || path.startsWith('bench/')) return undefined;
  if (subpath === './testing') return `"${specifier}" is for tests only.`;
  return `"${specifier}" is not a contract; import "${house.packages[target]?.name}".`;
}

function matches(pattern: string, subpath: string): boolean {
  const [start = '', end] = pattern.split('*', 2);
  if (end === undefined) return pattern === subpath;
  return subpath.startsWith(start) && subpath.endsWith(end);
}

function checkDeclared(
  house: House,
  path: string,
  name: string,
  target: string | undefined,
): string | undefined {
  const home = packageOf(house, path);
  const manifest = house.packages[home] ?? {};
  if (manifest.name === name) return undefined;
  const inTest = isTest(path) || path.startsWith('bench/');
  if (target !== undefined && (inTest || path.startsWith('config/'))) return undefined;
  const { dependencies, peerDependencies, optionalDependencies } = manifest;
  if (name === '@zlh/kernel') {
    if (peerDependencies?.[name] !== undefined && dependencies?.[name] === undefined) return;
    return 'The kernel belongs to peerDependencies, so that a host has one.';
  }
  const root = house.packages[''];
  const forTests = inTest
    ? { ...root?.dependencies, ...root?.devDependencies, ...manifest.devDependencies }
    : {};
  const declared = { ...forTests, ...optionalDependencies, ...peerDependencies, ...dependencies };
  if (name in declared) return undefined;
  return `"${name}" is not among the dependencies of ${home === '' ? 'the root' : home}.`;
}

/** Everything that a contract runs, however deep. */
function contractViolations(house: House): Violation[] {
  return Object.keys(house.packages).flatMap((folder) => {
    const entry = `${folder}/src/index.ts`;
    if (roomOf(folder) === 'kernel' || roomOf(folder) === 'free') return [];
    return entry in house.files ? contractReach(house, entry) : [];
  });
}

function contractReach(house: House, entry: string): Violation[] {
  const found: Violation[] = [];
  const queue = [entry];
  const seen = new Set(queue);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const { specifier, typeOnly, line } of readable(house, path)) {
      if (typeOnly || specifier === undefined) continue;
      if (specifier.startsWith('.')) {
        const next = join(dirname(path), specifier);
        if (next in house.files && !seen.has(next)) queue.push(next);
        seen.add(next);
        continue;
      }
      const { name } = parse(specifier);
      const ours = Object.values(house.packages).some((manifest) => manifest.name === name);
      if (ours || contractLibraries.includes(name)) continue;
      const message = `The contract ${entry} runs "${specifier}"; it may run the kernel, other contracts and typebox only.`;
      found.push({ path, line, message });
    }
  }
  return found;
}

function readable(house: House, path: string): Import[] {
  try {
    return importsOf(path, house.files[path] ?? '');
  } catch {
    return []; // already reported by the rule that reads every file
  }
}
