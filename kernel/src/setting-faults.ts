/** Reads TypeBox's errors as faults a person can mend: which path, and what it must be. */
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { faultMessage } from './fault-message.ts';

export type SettingFault =
  | { readonly kind: 'missing'; readonly path: string }
  | { readonly kind: 'unknown'; readonly path: string; readonly known: readonly string[] }
  /** `problem` completes a sentence that begins with the path: `must be <= 65535`. */
  | { readonly kind: 'wrong'; readonly path: string; readonly problem: string };

type Problem = ReturnType<typeof Value.Errors>[number];

/** The parts of JSON Schema that the kernel looks into. */
export interface SchemaNode {
  readonly type?: string;
  /** Our own word: the value is never printed. */
  readonly secret?: boolean;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: unknown;
  readonly items?: SchemaNode | readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
}

/** @param path where the value stands; the paths of faults begin with it */
export function faultsOf(path: string, schema: TSchema, value: unknown): SettingFault[] {
  const problems = Value.Errors(schema, value);
  const unions = problems.filter(({ keyword }) => keyword === 'anyOf');
  const isNoise = ({ keyword, instancePath }: Problem) =>
    keyword === 'boolean' || // said again by additionalProperties
    (keyword !== 'anyOf' && unions.some((union) => instancePath.startsWith(union.instancePath)));
  return problems
    .filter((problem) => !isNoise(problem))
    .flatMap((problem) => {
      const at = [path, ...stepsOf(problem.instancePath)].filter((step) => step !== '').join('.');
      const message = faultMessage(schema, problem);
      return asFaults(at, problem, follow(schema, problem.schemaPath.slice(1)), message);
    });
}

function asFaults(path: string, problem: Problem, at: SchemaNode, message: string): SettingFault[] {
  const below = (key: string) => (path === '' ? key : `${path}.${key}`);
  switch (problem.keyword) {
    case 'required':
      return problem.params.requiredProperties.map((key) => ({
        kind: 'missing',
        path: below(key),
      }));
    case 'additionalProperties': {
      const known = Object.keys(at.properties ?? {});
      const extra = problem.params.additionalProperties;
      return extra.map((key) => ({ kind: 'unknown', path: below(key), known }));
    }
    case 'anyOf':
      return [wrong(path, oneOf(at.anyOf ?? []))];
    case 'enum':
      return [wrong(path, oneOf(problem.params.allowedValues.map((each) => ({ const: each }))))];
    case 'const':
      return [wrong(path, oneOf([{ const: problem.params.allowedValue }]))];
    default:
      return [wrong(path, message)];
  }
}

const wrong = (path: string, problem: string): SettingFault => ({ kind: 'wrong', path, problem });

function oneOf(options: readonly SchemaNode[]): string {
  const names = options.map(nameOf);
  return names.length === 1 ? `must be ${names[0]}` : `must be one of ${names.join(', ')}`;
}

/** `"fast"`, `string`, or `object with kind "folder"`. */
function nameOf(option: SchemaNode): string {
  const literal = Object.entries(option.properties ?? {}).find(([, { const: value }]) => value);
  const tag = literal && ` with ${literal[0]} ${JSON.stringify(literal[1].const)}`;
  return JSON.stringify(option.const) ?? `${option.type ?? 'something else'}${tag ?? ''}`;
}

/** `/hosts/0/na~1me` → `hosts`, `0`, `na/me`. */
function stepsOf(pointer: string): string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function follow(schema: TSchema, pointer: string): SchemaNode {
  let found: unknown = schema;
  for (const step of stepsOf(pointer))
    found = (found as Record<string, unknown> | undefined)?.[step];
  return found ?? {};
}

/** The schema with `additionalProperties: false` at every object that does not say otherwise. */
export function closed(schema: TSchema): TSchema {
  // Descriptors, not a spread: TypeBox keeps what it knows of a type in members that do not
  // enumerate.
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema));
  const { properties, patternProperties, additionalProperties, items, anyOf } =
    schema as SchemaNode;
  const each = (nodes: Readonly<Record<string, SchemaNode>>) =>
    Object.fromEntries(Object.entries(nodes).map(([key, inner]) => [key, closed(inner)]));
  const open = additionalProperties !== undefined || patternProperties !== undefined;
  return Object.assign(
    copy,
    properties && { properties: each(properties) },
    properties && !open && { additionalProperties: false },
    patternProperties && { patternProperties: each(patternProperties) },
    items && { items: Array.isArray(items) ? items.map(closed) : closed(items as SchemaNode) },
    anyOf && { anyOf: anyOf.map(closed) },
  );
}
