/**
 * Which packages make up a program: those asked for and the libraries they need, but neither the C library, which is
 * the machine's, nor what only the scripts of an installation need. Read from apt's simulation of an installation.
 */
import { notPublished } from '../../errors.ts';
import type { Apt } from './apt-client.ts';
import { APT_SOURCES, aptNotOffered } from './apt-errors.ts';

export interface DebianPackage {
  readonly name: string;
  /** As Debian writes it: `2:6.2.1+dfsg1-1.1`. */
  readonly version: string;
  /** In hex, from the signed index. */
  readonly sha256: string;
  readonly section: string;
  /** Names of packages it may depend on. */
  readonly depends: readonly string[];
}

/** What the publisher calls it: `5.6.1` for `1:5.6.1+dfsg+~1.9.0mt8-2`. */
export function publishersVersion(version: string): string {
  return /^(?:\d+:)?(\d+(?:\.\d+)*[a-z]?)/.exec(version)?.[1] ?? version;
}

/** Versions of a package that apt offers, newest first. */
export async function offeredVersions(apt: Apt, name: string): Promise<string[]> {
  const table = await apt.run('apt-cache', ['madison', name]);
  const versions = table
    .split('\n')
    .map((line) => line.split('|')[1]?.trim() ?? '')
    .filter((version) => version !== '');
  return [...new Set(versions)];
}

/** The packages to fetch. The first of `names` is the one whose version was chosen. */
export async function choosePackages(
  apt: Apt,
  names: readonly string[],
  version: string,
): Promise<readonly DebianPackage[]> {
  const first = names[0]!;
  const offered = await offeredVersions(apt, first);
  const chosen = offered.find((each) => publishersVersion(each) === version);
  if (chosen === undefined)
    throw aptNotOffered(`${first} ${version}`, [...new Set(offered.map(publishersVersion))]);
  const wanted = [`${first}=${chosen}`, ...names.slice(1)];
  const simulation = await apt.run('apt-get', ['--simulate', 'install', ...wanted]);
  const all = await describe(apt, simulation);
  return withLibraries(all, new Set(names));
}

async function describe(apt: Apt, simulation: string): Promise<Map<string, DebianPackage>> {
  const found = simulation.matchAll(/^Inst (\S+) \((\S+) /gm);
  const exact = [...found].map(([, name, version]) => `${name}=${version}`);
  if (exact.length === 0) throw notPublished(APT_SOURCES, 'these packages');
  const told = await apt.run('apt-cache', ['show', ...exact]);
  const packages = told.split(/\n\n+/).flatMap((text) => parse(text) ?? []);
  return new Map(packages.map((each) => [each.name, each]));
}

function parse(text: string): DebianPackage | undefined {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const [name, version, sha256] = [field('Package'), field('Version'), field('SHA256')];
  if (name === '' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  const depends = `${field('Depends')},${field('Pre-Depends')}`.split(/[,|]/);
  return {
    name,
    version,
    sha256,
    section: field('Section').replace(/^.*\//, ''),
    depends: depends.map((each) => each.trim().replace(/[ :(].*$/, '')),
  };
}

function withLibraries(
  all: ReadonlyMap<string, DebianPackage>,
  wanted: ReadonlySet<string>,
): DebianPackage[] {
  const found = new Set<DebianPackage>();
  for (const name of wanted) found.add(all.get(name)!);
  for (const { depends } of found) {
    for (const name of depends) {
      const each = all.get(name);
      if (each !== undefined && isLibrary(each)) found.add(each);
    }
  }
  return [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isLibrary = ({ name, section }: DebianPackage) =>
  name !== 'libc6' && (section === 'libs' || section === 'oldlibs');
