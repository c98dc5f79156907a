/**
 * Settings of one plugin: what the configuration file says, overridden by the environment, secrets
 * resolved, defaults filled in, and every fault reported with the place it came from.
 */
import { readFileSync } from 'node:fs';
import { Type, type TObject, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { errors, type CodedError } from './errors.ts';
import type { Plugin } from './plugin.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Stands in a configuration file for a value that only the environment knows. */
export interface Secret {
  readonly $secret: string;
}

/** Takes the value from the variable `name`, or from the file whose path is in `<name>_FILE`. */
export function secret(name: string): Secret {
  return { $secret: name };
}

export interface ParsedSettings {
  readonly values: unknown;
  /** The same with secrets masked: fit to print. */
  readonly printable: Readonly<Record<string, unknown>>;
  readonly faults: readonly CodedError[];
}

/** `keepRunning` of `provider-local` is set by `ZLH_PROVIDER_LOCAL_KEEP_RUNNING`. */
export function variableOf(pluginId: string, key: string): string {
  return `${prefixOf(pluginId)}${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

const prefixOf = (pluginId: string) => `ZLH_${pluginId.replaceAll('-', '_').toUpperCase()}_`;
const mask = '••••••';

export function parseSettings(
  name: string,
  plugin: Plugin,
  fromFile: Readonly<Record<string, unknown>>,
  environment: Environment,
  allIds: readonly string[] = [plugin.id],
): ParsedSettings {
  const properties = ((plugin.config as TObject | undefined)?.properties ?? {}) as Record<string, TSchema>;
  const known = Object.keys(properties);
  const faults: CodedError[] = [];
  const given: Record<string, unknown> = {};
  const source: Record<string, string> = {};
  const hidden = new Set(known.filter((key) => (properties[key] as { secret?: boolean }).secret === true));

  for (const [key, value] of Object.entries(fromFile)) {
    source[key] = 'configuration file';
    if (!known.includes(key)) faults.push(errors.unknownSetting(name, key, source[key], known));
    else given[key] = resolveSecrets(name, key, value, environment, faults, () => hidden.add(key));
  }
  for (const [variable, text] of environmentOf(plugin.id, environment, allIds)) {
    const key = known.find((candidate) => variableOf(plugin.id, candidate) === variable);
    if (key === undefined) faults.push(errors.unknownSetting(name, variable, 'environment', known.map((k) => variableOf(plugin.id, k))));
    else {
      source[key] = `environment variable ${variable}`;
      given[key] = fromText(properties[key]!, text);
    }
  }

  const schema = closed((plugin.config as TSchema | undefined) ?? Type.Object({}));
  const values = Value.Default(schema, given) as Record<string, unknown>;
  for (const { path, problem } of problemsOf(schema, values)) {
    const key = path.split('.')[0]!;
    if (!known.includes(key)) continue;
    faults.push(errors.wrongSetting(name, path, problem, source[key] ?? 'not set'));
  }
  const printable = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, hidden.has(key) && value !== undefined ? mask : value]),
  );
  return { values, printable, faults };
}

/** Variables that begin with the plugin's prefix, unless they belong to a longer id (`http` / `http-proxy`). */
function environmentOf(id: string, environment: Environment, allIds: readonly string[]): [string, string][] {
  const longer = allIds.map(prefixOf).filter((prefix) => prefix !== prefixOf(id) && prefix.startsWith(prefixOf(id)));
  return Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && entry[0].startsWith(prefixOf(id)) && !longer.some((prefix) => entry[0].startsWith(prefix)),
  );
}

/** Text stays text where the schema wants text; anything else is read as JSON, or left for the checks to refuse. */
function fromText(schema: TSchema, text: string): unknown {
  if (Value.Check(schema, text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // not JSON either: the schema check says what it should have been
  }
}

function resolveSecrets(
  name: string,
  path: string,
  value: unknown,
  environment: Environment,
  faults: CodedError[],
  found: () => void,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, i) => resolveSecrets(name, `${path}.${i}`, item, environment, faults, found));
  if ('$secret' in value && typeof value.$secret === 'string') {
    found();
    const text = environment[value.$secret] ?? readSecretFile(environment[`${value.$secret}_FILE`]);
    if (text === undefined) faults.push(errors.missingSecret(name, path, value.$secret));
    return text ?? mask;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, resolveSecrets(name, `${path}.${key}`, inner, environment, faults, found)]),
  );
}

function readSecretFile(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return undefined; // reported as a missing secret, which names the variable to look at
  }
}

/** The schema with `additionalProperties: false` at every object that does not say otherwise. */
function closed(schema: TSchema): TSchema {
  // TypeBox marks its schemas with members that a spread would leave behind.
  const copy = Object.create(null, Object.getOwnPropertyDescriptors(schema)) as TSchema & { properties?: Record<string, TSchema>; items?: TSchema; additionalProperties?: unknown; patternProperties?: unknown };
  if (copy.properties !== undefined) {
    copy.properties = Object.fromEntries(Object.entries(copy.properties).map(([key, inner]) => [key, closed(inner)]));
    if (copy.additionalProperties === undefined && copy.patternProperties === undefined) copy.additionalProperties = false;
  }
  if (copy.items !== undefined && !Array.isArray(copy.items)) copy.items = closed(copy.items);
  return copy;
}

/** Faults as `path` and a verb phrase, the noise of unions folded into one. */
function* problemsOf(schema: TSchema, value: unknown): Iterable<{ path: string; problem: string }> {
  const all = Value.Errors(schema, value);
  const unions = all.filter((error) => error.keyword === 'anyOf').map((error) => error.instancePath);
  for (const error of all) {
    if (error.keyword === 'boolean') continue; // said again by additionalProperties
    if (error.keyword !== 'anyOf' && unions.includes(error.instancePath)) continue;
    const at = error.instancePath.slice(1).replaceAll('/', '.');
    if (error.keyword === 'additionalProperties' || error.keyword === 'required') {
      const params = error.params as { additionalProperties?: string[]; requiredProperties?: string[] };
      for (const key of params.additionalProperties ?? params.requiredProperties ?? []) {
        yield { path: at === '' ? key : `${at}.${key}`, problem: error.keyword === 'required' ? 'is required' : 'is unknown' };
      }
    } else if (error.keyword === 'anyOf') yield { path: at, problem: `must be ${choices(schema, error.instancePath)}` };
    else yield { path: at, problem: error.message };
  }
}

function choices(schema: TSchema, instancePath: string): string {
  let found: unknown = schema;
  for (const step of instancePath.slice(1).split('/')) found = (found as { properties?: Record<string, unknown> }).properties?.[step];
  const options = ((found as { anyOf?: { const?: unknown; type?: string }[] } | undefined)?.anyOf ?? []).map((option) => JSON.stringify(option.const) ?? option.type ?? 'something else');
  return options.length === 0 ? 'one of the allowed values' : `one of ${options.join(', ')}`;
}
