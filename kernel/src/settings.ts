/**
 * Settings of one plugin: what the configuration file says, overridden by the environment, secrets
 * resolved, defaults filled in, and every fault reported with the place it came from.
 */
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { errors, type CodedError } from './errors.ts';
import { settingsOf, type Plugin } from './plugin.ts';
import { masked, resolveSecrets, type Environment } from './secrets.ts';
import { closed, faultsOf, type SettingFault } from './setting-faults.ts';

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

/** One setting on its way from where it was found to a checked value. */
interface Given {
  value?: unknown;
  /** Where it came from, in words. */
  source?: string;
  /** Dotted paths of what must not be printed. */
  readonly secrets: Set<string>;
  readonly faults: CodedError[];
}

/** `keepRunning` of `provider-local` is set by `ZLH_PROVIDER_LOCAL_KEEP_RUNNING`. */
export function variableOf(pluginId: string, key: string): string {
  return `${prefixOf(pluginId)}${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

const prefixOf = (pluginId: string) => `ZLH_${pluginId.replaceAll('-', '_').toUpperCase()}_`;

/**
 * @param name the plugin's package, by which faults name it
 * @param allIds ids of all plugins, so that `http` is not blamed for the variables of `http-proxy`
 */
export function parseSettings(
  name: string,
  plugin: Plugin,
  fromFile: Readonly<Record<string, unknown>>,
  environment: Environment,
  allIds: readonly string[] = [],
): ParsedSettings {
  const schema = closed(plugin.config ?? { type: 'object', properties: {} });
  const properties = (schema as { properties: Readonly<Record<string, TSchema>> }).properties;
  const known = Object.keys(properties);
  const faults = unknownSettings(name, plugin, fromFile, environment, allIds);
  const given = new Map(
    known.map((key) => [key, findSetting(name, plugin, key, fromFile, environment)]),
  );

  const set = [...given].filter(([, { value }]) => value !== undefined);
  const raw = Object.fromEntries(set.map(([key, { value }]) => [key, value]));
  const values = Value.Default(schema, raw) as Readonly<Record<string, unknown>>;
  for (const [key, { source, faults: own }] of given) {
    faults.push(...own);
    if (own.length > 0) continue; // it has no value to check
    faults.push(...check(name, plugin, schema, key, values[key], source ?? 'default'));
  }
  const report = [...given].map(([key, { secrets }]) => ({
    key,
    value: masked(key, [properties[key]!], values[key], secrets),
    variable: variableOf(plugin.id, key),
    description: descriptionOf(properties[key]!),
  }));
  return { values, report, faults };
}

/** The environment wins over the file. */
function findSetting(
  name: string,
  plugin: Plugin,
  key: string,
  fromFile: Readonly<Record<string, unknown>>,
  environment: Environment,
): Given {
  const given: Given = { secrets: new Set(), faults: [] };
  const variable = variableOf(plugin.id, key);
  const text = environment[variable];
  if (key in fromFile) {
    given.source = 'configuration file';
    given.value = resolveSecrets(name, key, fromFile[key], environment, given);
  }
  if (text === undefined) return given;
  const wasSecret = given.secrets.size > 0;
  return {
    value: fromText(settingsOf(plugin)[key]!, text),
    source: `environment variable ${variable}`,
    secrets: new Set(wasSecret ? [key] : []),
    faults: [],
  };
}

/** Text stays text where the schema wants text; anything else is read as JSON, for the checks to judge. */
function fromText(schema: TSchema, text: string): unknown {
  if ((schema as { type?: unknown }).type === 'string' || Value.Check(schema, text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // not JSON either: the schema check says what it should have been
  }
}

function unknownSettings(
  name: string,
  plugin: Plugin,
  fromFile: Readonly<Record<string, unknown>>,
  environment: Environment,
  allIds: readonly string[],
): CodedError[] {
  const known = Object.keys(settingsOf(plugin));
  const variables = known.map((key) => variableOf(plugin.id, key));
  const prefix = prefixOf(plugin.id);
  const longer = allIds
    .map(prefixOf)
    .filter((other) => other !== prefix && other.startsWith(prefix));
  const inFile = Object.keys(fromFile).filter((key) => !known.includes(key));
  const inEnvironment = Object.keys(environment).filter(
    (variable) =>
      variable.startsWith(prefix) &&
      !variables.includes(variable) &&
      !longer.some((other) => variable.startsWith(other)),
  );
  return [
    ...inFile.map((key) => errors.unknownSetting(name, key, 'configuration file', known)),
    ...inEnvironment.map((key) => errors.unknownSetting(name, key, 'environment', variables)),
  ];
}

function check(
  name: string,
  plugin: Plugin,
  schema: TSchema,
  key: string,
  value: unknown,
  source: string,
): CodedError[] {
  const { properties, required = [] } = schema as unknown as {
    readonly properties: Readonly<Record<string, TSchema>>;
    readonly required?: readonly string[];
  };
  const property = properties[key]!;
  const description = descriptionOf(property);
  const meaning = description === '' ? '' : ` It means: ${description}`;
  const asError = (fault: SettingFault): CodedError => {
    const { path } = fault;
    if (fault.kind === 'unknown') return errors.unknownSetting(name, path, source, fault.known);
    if (fault.kind === 'wrong')
      return errors.wrongSetting(name, path, fault.problem, source, meaning);
    return errors.missingSetting(name, path, variableOf(plugin.id, key), meaning);
  };
  if (value !== undefined) return faultsOf(key, property, value).map(asError);
  return required.includes(key) ? [asError({ kind: 'missing', path: key })] : [];
}

function descriptionOf(schema: TSchema): string {
  return (schema as { readonly description?: string }).description ?? '';
}
