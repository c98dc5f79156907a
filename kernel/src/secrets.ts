/**
 * Secrets in settings: taken from the environment or a file when settings are parsed, never printed.
 */
import { readFileSync } from 'node:fs';
import { errors, type CodedError } from './errors.ts';
import type { SchemaNode } from './setting-faults.ts';

/** The variables a configuration may draw on. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Stands in a configuration file for a value that only the environment knows. */
export interface Secret {
  readonly $secret: string;
}

/** Takes the value from the variable `name`, or from the file whose path is in `<name>_FILE`. */
export function secret(name: string): Secret {
  return { $secret: name };
}

export const mask = '••••••';

/** What is gathered while secrets are resolved. */
export interface Found {
  readonly faults: CodedError[];
  /** Dotted paths of the settings that hold a secret. */
  readonly secrets: Set<string>;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/**
 * A copy of the value with every secret in it resolved.
 *
 * @param plugin its package, for the faults
 */
export function resolveSecrets(
  plugin: string,
  path: string,
  value: unknown,
  environment: Environment,
  found: Found,
): unknown {
  const inner = (key: string | number, member: unknown) =>
    resolveSecrets(plugin, `${path}.${key}`, member, environment, found);
  if (Array.isArray(value)) return value.map((item, index) => inner(index, item));
  if (!isObject(value)) return value;
  if (typeof value.$secret !== 'string') {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, inner(key, member)]),
    );
  }
  found.secrets.add(path);
  const text = environment[value.$secret];
  const file = environment[`${value.$secret}_FILE`];
  if (text !== undefined) return text;
  if (file === undefined) {
    found.faults.push(errors.missingSecret(plugin, path, value.$secret));
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    found.faults.push(errors.unreadableSecret(plugin, path, value.$secret, file, error));
    return undefined;
  }
}

/**
 * A copy fit to print: masked is what came from a secret, and what its schema calls `secret: true`.
 */
export function masked(
  path: string,
  schemas: readonly object[],
  value: unknown,
  secrets: ReadonlySet<string>,
): unknown {
  if (value === undefined) return undefined;
  const nodes = (schemas as readonly SchemaNode[]).flatMap((node) => [node, ...(node.anyOf ?? [])]);
  if (secrets.has(path) || nodes.some((node) => node.secret === true)) return mask;
  if (Array.isArray(value)) {
    const items = nodes.flatMap((node) => node.items ?? []);
    return value.map((item, index) => masked(`${path}.${index}`, items, item, secrets));
  }
  if (!isObject(value)) return value;
  const member = (key: string) =>
    nodes.flatMap(({ properties, patternProperties }) => [
      ...(properties?.[key] === undefined ? [] : [properties[key]]),
      ...Object.values(patternProperties ?? {}),
    ]);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      masked(`${path}.${key}`, member(key), inner, secrets),
    ]),
  );
}
