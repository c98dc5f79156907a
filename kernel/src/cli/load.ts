/**
 * Finds the plugin packages a configuration names, imports their host's export and checks that they
 * were made for this kernel. Collects faults instead of stopping at the first.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import semver from 'semver';
import { Value } from 'typebox/value';
import { CodedError, errors } from '../errors.ts';
import { isPlugin, type InstalledPlugin } from '../plugin.ts';
import type { LeftOutPlugin } from '../select-plugins.ts';
import { withTimeout } from '../timeout.ts';
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
  /** Of plugins that say `abort`. */
  readonly faults: readonly CodedError[];
  /** Plugins that say `continue` and cannot be loaded. */
  readonly leftOut: readonly LeftOutPlugin[];
}

interface Manifest {
  readonly version: string;
  readonly exports?: Readonly<Record<string, Conditions>> | string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The value of `exports` for one subpath: a file, or a file for each condition. */
type Conditions = string | null | { readonly [condition: string]: Conditions };

/**
 * @throws CodedError when the file cannot be used at all; what is wrong with a plugin is a fault
 */
export async function load(file: string, host: Host): Promise<Loaded> {
  const configuration = await readConfiguration(file);
  const wanted = Object.entries(configuration.plugins).flatMap(([name, settings]) =>
    settings === false ? [] : [{ name, settings }],
  );
  const limitMs = configuration.startTimeoutMs ?? 60_000;
  const found = await Promise.all(
    wanted.map(async ({ name, settings }) => ({
      name,
      onFailure: onFailureOf(name, settings),
      loaded: await loadPlugin(name, settings, { host, from: file, limitMs }),
    })),
  );
  const failed = found.flatMap(({ name, onFailure, loaded }) =>
    loaded instanceof CodedError ? [{ name, onFailure, error: loaded }] : [],
  );
  return {
    configuration,
    plugins: found.flatMap(({ loaded }) => (loaded instanceof CodedError ? [] : [loaded])),
    faults: failed.filter(({ onFailure }) => onFailure === 'abort').map(({ error }) => error),
    leftOut: failed.filter(({ onFailure }) => onFailure === 'continue'),
  };
}

/**
 * Stock plugins stop the host when they fail, unless told otherwise; others are left out.
 * An entry that is wrong itself is the host's own fault, and stops the host.
 */
function onFailureOf(name: string, settings: PluginSettings): 'abort' | 'continue' {
  if (!Value.Check(pluginSettings, settings)) return 'abort';
  return settings.onFailure ?? (name.startsWith('@zlh/') ? 'abort' : 'continue');
}

interface LoadOptions {
  readonly host: Host;
  /** The configuration file. */
  readonly from: string;
  readonly limitMs: number;
}

async function loadPlugin(
  name: string,
  settings: PluginSettings,
  { host, from, limitMs }: LoadOptions,
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
    for (const [peer, range] of Object.entries(peerDependencies ?? {})) {
      const present = versionOfPeer(peer, from);
      if (present !== undefined && !isMadeFor(range, present))
        return errors.incompatible(name, version, { peer, range, present });
    }
    const entry = typeof exports === 'object' ? fileOf(exports[`./${host}`]) : undefined;
    if (entry === undefined) {
      return errors.notAPlugin(name, host, `its package exports no "./${host}"`);
    }
    const { href } = pathToFileURL(join(folder, entry));
    const imported = await withTimeout(
      limitMs,
      () => import(href) as Promise<{ readonly default?: unknown }>,
      () => new Error(`its import did not end within ${limitMs / 1000} s`),
    );
    const { default: plugin } = imported;
    if (!isPlugin(plugin)) {
      const problem = `its "./${host}" has no default export made by definePlugin()`;
      return errors.notAPlugin(name, host, problem);
    }
    const { onFailure: _, ...rest } = settings;
    return { name, version, plugin, settings: rest, onFailure: onFailureOf(name, settings) };
  } catch (error) {
    return errors.loadFailed(name, error);
  }
}

const isMadeFor = (range: string, version: string) =>
  semver.satisfies(version, range, { includePrerelease: true });

/** The version of a contract package that a plugin names as a peer; undefined for packages of others. */
function versionOfPeer(peer: string, from: string): string | undefined {
  if (peer === '@zlh/kernel') return kernelVersion;
  const folder = peer.startsWith('@zlh/') ? findPackage(peer, from) : undefined;
  if (folder === undefined) return undefined;
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  return (JSON.parse(text) as Manifest).version;
}

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
