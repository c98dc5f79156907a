/**
 * Finds the plugin packages a configuration names, imports their host's export and checks that they
 * were made for this kernel. Collects faults instead of stopping at the first.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import semver from 'semver';
import { CodedError, errors } from '../errors.ts';
import { isPlugin, type InstalledPlugin } from '../plugin.ts';
import { faultsOf } from '../setting-faults.ts';
import {
  pluginSettings,
  readConfiguration,
  type Configuration,
  type Host,
  type PluginSettings,
} from './configuration.ts';
import { kernelVersion } from './version.ts';

export interface Loaded {
  readonly configuration: Configuration;
  readonly plugins: readonly InstalledPlugin[];
  readonly faults: readonly CodedError[];
}

interface Manifest {
  readonly version: string;
  readonly exports?: Readonly<Record<string, Conditions>> | string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What `exports` says for one subpath: a file, or a file for each condition. */
type Conditions = string | null | { readonly [condition: string]: Conditions };

/**
 * @throws CodedError when the file cannot be used at all; what is wrong with a plugin is a fault
 */
export async function load(file: string, host: Host): Promise<Loaded> {
  const configuration = await readConfiguration(file);
  const wanted = Object.entries(configuration.plugins).flatMap(([name, settings]) =>
    settings === false ? [] : [{ name, settings }],
  );
  const found = await Promise.all(
    wanted.map(({ name, settings }) => loadPlugin(name, settings, host, file)),
  );
  return {
    configuration,
    plugins: found.filter((each): each is InstalledPlugin => !isFault(each)),
    faults: found.filter(isFault),
  };
}

const isFault = (each: InstalledPlugin | CodedError): each is CodedError =>
  each instanceof CodedError;

async function loadPlugin(
  name: string,
  settings: PluginSettings,
  host: Host,
  from: string,
): Promise<InstalledPlugin | CodedError> {
  for (const fault of faultsOf(name, pluginSettings, settings)) {
    const problem = fault.kind === 'wrong' ? fault.problem : `is ${fault.kind}`;
    return errors.wrongConfiguration(from, fault.path, problem);
  }
  const folder = findPackage(name, from);
  if (folder === undefined) return errors.unknownPlugin(name, from);
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    const { version, exports, peerDependencies } = JSON.parse(text) as Manifest;
    const range = peerDependencies?.['@zlh/kernel'];
    if (range !== undefined && !isMadeFor(range)) {
      return errors.incompatible(name, version, range, kernelVersion);
    }
    const entry = typeof exports === 'object' ? fileOf(exports[`./${host}`]) : undefined;
    if (entry === undefined) {
      return errors.notAPlugin(name, host, `its package exports no "./${host}"`);
    }
    const { href } = pathToFileURL(join(folder, entry));
    const { default: plugin } = (await import(href)) as { readonly default?: unknown };
    if (!isPlugin(plugin)) {
      const problem = `its "./${host}" has no default export made by definePlugin()`;
      return errors.notAPlugin(name, host, problem);
    }
    const { onFailure = 'abort', ...rest } = settings;
    return { name, version, plugin, settings: rest, onFailure };
  } catch (error) {
    return errors.loadFailed(name, error);
  }
}

const isMadeFor = (range: string) =>
  semver.satisfies(kernelVersion, range, { includePrerelease: true });

/** Looks in the folders Node itself would look in; a package need not export its package.json. */
function findPackage(name: string, from: string): string | undefined {
  const folders = createRequire(from).resolve.paths(name) ?? [];
  return folders
    .map((folder) => join(folder, name))
    .find((folder) => existsSync(join(folder, 'package.json')));
}

/**
 * The file that `import` would take. Node tells it only of packages that can be required, too, and
 * only seen from the kernel's own folder, not from the configuration's.
 */
function fileOf(conditions: Conditions | undefined): string | undefined {
  if (typeof conditions === 'string') return conditions;
  const all = ['node', 'import', 'module-sync', 'default', ...ownConditions];
  const entries = Object.entries(conditions ?? {}).filter(([condition]) => all.includes(condition));
  for (const [, inner] of entries) {
    const file = fileOf(inner);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Where the kernel's sources run, the sources of the plugins beside it do too. */
const ownConditions = import.meta.url.endsWith('.ts') ? ['zlh-source'] : [];
