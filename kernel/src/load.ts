/**
 * Finds the plugin packages a configuration names, imports their host's export and checks that they were
 * made for this kernel. Collects faults instead of stopping at the first.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import semver from 'semver';
import { errors, type CodedError } from './errors.ts';
import { isPlugin } from './plugin.ts';
import type { PluginSource } from './kernel.ts';

/** Which export of a plugin package is loaded. */
export type Host = 'platform' | 'agent';

/** What `config/platform.ts` and `config/agent.ts` export: data only. */
export interface Configuration {
  /** Package name → its settings; `false` leaves it out. `onFailure` is read by the kernel. */
  readonly plugins: Readonly<Record<string, false | PluginSettings>>;
  readonly startTimeoutMs?: number;
  readonly stopTimeoutMs?: number;
}

export type PluginSettings = Readonly<Record<string, unknown>> & { readonly onFailure?: 'abort' | 'continue' };

export interface Loaded {
  readonly configuration: Configuration;
  readonly plugins: readonly PluginSource[];
  readonly faults: readonly CodedError[];
}

interface Manifest {
  readonly version: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export const kernelVersion = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest).version;

export async function load(configurationFile: string, host: Host): Promise<Loaded> {
  const { default: configuration } = (await import(pathToFileURL(configurationFile).href)) as { default: Configuration };
  const wanted = Object.entries(configuration.plugins).filter((entry): entry is [string, PluginSettings] => entry[1] !== false);
  const found = await Promise.all(wanted.map(([name, settings]) => loadPlugin(name, settings, host, configurationFile)));
  return {
    configuration,
    plugins: found.filter((each): each is PluginSource => 'plugin' in each),
    faults: found.filter((each): each is CodedError => 'code' in each),
  };
}

async function loadPlugin(name: string, settings: PluginSettings, host: Host, from: string): Promise<PluginSource | CodedError> {
  const require = createRequire(from);
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(findManifest(name, require), 'utf8')) as Manifest;
  } catch {
    return errors.unknownPlugin(name, host);
  }
  const range = manifest.peerDependencies?.['@zlh/kernel'];
  if (range !== undefined && !semver.satisfies(kernelVersion, range, { includePrerelease: true })) {
    return errors.incompatible(name, manifest.version, range, kernelVersion);
  }
  let file: string;
  try {
    file = require.resolve(`${name}/${host}`);
  } catch {
    return errors.notAPlugin(name, host);
  }
  try {
    const { default: plugin } = (await import(pathToFileURL(file).href)) as { default: unknown };
    if (!isPlugin(plugin)) return errors.notAPlugin(name, host);
    const { onFailure, ...rest } = settings;
    return { name, version: manifest.version, plugin, settings: rest, ...(onFailure === undefined ? {} : { onFailure }) };
  } catch (error) {
    return errors.loadFailed(name, error);
  }
}

/** The folders Node itself would look in; a package need not export its package.json. */
function findManifest(name: string, require: NodeJS.Require): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    const file = join(folder, name, 'package.json');
    try {
      readFileSync(file);
      return file;
    } catch {
      continue; // not in this folder: the next one up may have it
    }
  }
  throw new Error(`no folder near ${dirname(name)} holds it`);
}
