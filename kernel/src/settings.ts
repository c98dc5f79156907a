/**
 * Settings of one plugin: what the configuration file says, overridden by the environment, secrets
 * resolved, defaults filled in, and every fault reported with the place it came from.
 */
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { errors, type CodedError } from './errors.ts';
import { settingsOf, type Plugin } from './plugin.ts';
import { masked, resolveSecrets, type Environment } from './secrets.ts';
import { closed, faultsOf } from './setting-faults.ts';

/** One setting, fit to print. */
export interface SettingReport {
  readonly key: string;
  /** Secrets masked; `undefined` when it is not set. */
  readonly value: unknown;
  /** The environment variable that overrides it. */
  readonly variable: string;
  readonly description: string;
}

export interface ParsedSettings {
  readonly values: Readonly<Record<string, unknown>>;
  readonly report: readonly SettingReport[];
  readonly faults: readonly CodedError[];
}

/** Where the settings of one plugin come from. */
interface Sources {
  /** The plugin's package, by which faults name it. */
  readonly name: string;
  readonly plugin: Plugin;
  readonly file: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
}

/** One setting as it was found, before defaults and checks. */
interface Given {
  readonly value: unknown;
  /** Where it came from, in words. */
  readonly source: string;
  /** Dotted paths of what must not be printed. */
  readonly secrets: ReadonlySet<string>;
  /** Secrets that were not there. */
  readonly faults: readonly CodedError[];
}

/** `keepRunning` of `provider-local` is set by `ZLH_PROVIDER_LOCAL_KEEP_RUNNING`; `MiB` is one word. */
export function variableOf(pluginId: string, key: string): string {
  const words = key.replace(/[KMG]iB|[A-Z]/g, (word) => `_${word}`);
  return `${prefixOf(pluginId)}${words.toUpperCase()}`;
}

const prefixOf = (pluginId: string) => `ZLH_${pluginId.replaceAll('-', '_').toUpperCase()}_`;

/** @param allIds of all plugins, so that `http` is not blamed for the variables of `http-proxy` */
export function parseSettings(
  name: string,
  plugin: Plugin,
  file: Readonly<Record<string, unknown>>,
  environment: Environment,
  allIds: readonly string[] = [],
): ParsedSettings {
  const sources = { name, plugin, file, environment };
  const schema = closed(plugin.config ?? { type: 'object', properties: {} });
  const { properties, required = [] } = schema as unknown as ObjectSchema;
  const given = Object.keys(properties).map((key) => [key, find(sources, key)] as const);
  const set = given.filter(([, { value }]) => value !== undefined);
  const found = Object.fromEntries(set.map(([key, { value }]) => [key, value]));
  const values = Value.Default(schema, found) as Readonly<Record<string, unknown>>;

  const faults = unknownSettings(sources, allIds);
  const report: SettingReport[] = [];
  for (const [key, { source, secrets, faults: own }] of given) {
    const property = properties[key]!;
    const description = descriptionOf(property);
    const variable = variableOf(plugin.id, key);
    const value = masked(key, [property], values[key], secrets);
    report.push({ key, value, variable, description });
    if (own.length > 0) faults.push(...own);
    else faults.push(...check(sources, key, property, values[key], source, required.includes(key)));
  }
  return { values, report, faults };
}

interface ObjectSchema {
  readonly properties: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
}

/** The environment wins over the file. */
function find({ name, plugin, file, environment }: Sources, key: string): Given {
  const faults: CodedError[] = [];
  const secrets = new Set<string>();
  const value = resolveSecrets(name, key, file[key], environment, { faults, secrets });
  const variable = variableOf(plugin.id, key);
  const text = environment[variable];
  if (text === undefined) {
    const source = key in file ? 'configuration file' : 'default';
    return { value, source, secrets, faults };
  }
  return {
    value: fromText(settingsOf(plugin)[key]!, text),
    source: `environment variable ${variable}`,
    secrets: new Set(secrets.size > 0 ? [key] : []),
    faults: [],
  };
}

/** Text stays text where the schema wants text; all else is read as JSON, for the checks to judge. */
function fromText(schema: TSchema, text: string): unknown {
  if ((schema as { type?: unknown }).type === 'string' || Value.Check(schema, text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // not JSON either: the schema check says what it should have been
  }
}

function unknownSettings(sources: Sources, allIds: readonly string[]): CodedError[] {
  const { name, plugin, file, environment } = sources;
  const known = Object.keys(settingsOf(plugin));
  const variables = known.map((key) => variableOf(plugin.id, key));
  const prefix = prefixOf(plugin.id);
  const longer = allIds.map(prefixOf).filter((other) => other.length > prefix.length);
  const isOurs = (variable: string) =>
    variable.startsWith(prefix) && !longer.some((other) => variable.startsWith(other));
  const inFile = Object.keys(file).filter((key) => !known.includes(key));
  const inEnvironment = Object.keys(environment).filter(
    (variable) => isOurs(variable) && !variables.includes(variable),
  );
  return [
    ...inFile.map((key) => errors.unknownSetting(name, key, 'configuration file', known)),
    ...inEnvironment.map((key) => errors.unknownSetting(name, key, 'environment', variables)),
  ];
}

function check(
  { name, plugin }: Sources,
  key: string,
  property: TSchema,
  value: unknown,
  source: string,
  required: boolean,
): CodedError[] {
  const description = descriptionOf(property);
  const meaning = description === '' ? '' : ` It means: ${description}`;
  const missing = (path: string) =>
    errors.missingSetting(name, path, variableOf(plugin.id, key), meaning);
  if (value === undefined) return required ? [missing(key)] : [];
  return faultsOf(key, property, value).map((fault) => {
    if (fault.kind === 'missing') return missing(fault.path);
    if (fault.kind === 'unknown')
      return errors.unknownSetting(name, fault.path, source, fault.known);
    return errors.wrongSetting(name, fault.path, fault.problem, source, meaning);
  });
}

function descriptionOf(schema: TSchema): string {
  return (schema as { readonly description?: string }).description ?? '';
}
