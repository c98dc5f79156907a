/**
 * Which packages an agent consists of: the kernel, the plugins its configuration names, and whatever these need, as they
 * are installed beside the platform. Promises the layout under which each finds the others again.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** Real path. */
  readonly folder: string;
  /** Where it goes in the release: `node_modules/fastify`. */
  readonly place: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** @throws Error when a package that is needed is not installed */
export function packagesOf(names: readonly string[], from: string): readonly PackedPackage[] {
  const found = new Map<string, PackedPackage>();
  const places = new Map<string, string>();
  const visit = (name: string, by: string, optional: boolean): void => {
    const installed = findPackage(name, by);
    if (installed === undefined) {
      if (optional) return; // for another platform, or an extra that was left out
      throw new Error(`the package "${name}" is not installed`);
    }
    const folder = realpathSync(installed);
    const around = dirname(installed.slice(0, -name.length - 1));
    const place = `${places.has(around) ? `${places.get(around)}/` : ''}node_modules/${name}`;
    const before = found.get(place);
    if (before?.folder === folder) return;
    if (before !== undefined) throw new Error(`"${name}" is installed twice where one can be`);
    const manifest = readManifest(folder);
    found.set(place, { name, version: manifest.version, folder, place });
    places.set(folder, place);
    for (const [each, missable] of needsOf(manifest)) visit(each, folder, missable);
  };
  for (const name of names) visit(name, from, false);
  return [...found.values()].sort((a, b) => (a.place < b.place ? -1 : 1));
}

/** Names, each with whether it may be missing. */
function needsOf(manifest: Manifest): ReadonlyMap<string, boolean> {
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const peers = Object.keys(peerDependencies ?? {});
  return new Map([
    ...peers.map((name) => [name, peerDependenciesMeta?.[name]?.optional === true] as const),
    ...Object.keys(dependencies ?? {}).map((name) => [name, false] as const),
    ...Object.keys(optionalDependencies ?? {}).map((name) => [name, true] as const),
  ]);
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** As Node looks for it: in `node_modules` of the folder and of every one around it. */
function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}
