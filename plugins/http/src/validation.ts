/**
 * Compiles the schemas of a route into checks. Bodies are taken literally and may hold nothing the schema
 * does not name; query, path and headers arrive as text and are read as what the schema wants.
 */
import { Type, type TObject, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';
import { faultsOf, type Part } from './faults.ts';
import { problems } from './problem.ts';

// TypeBox stops at eight, of which half are noise: a form with ten empty fields would be told of four.
Settings.Set({ maxErrors: 200 });

/** Returns the checked value or throws a 422 that names every fault. */
export type Validate = (value: unknown) => unknown;

export function compileValidator(schema: TSchema, part: Part): Validate {
  const { discriminator, anyOf } = schema as Discriminated;
  if (discriminator !== undefined && anyOf !== undefined)
    return oneOf(discriminator.propertyName, anyOf, part);
  const check = Compile(schema);
  const convert = part !== 'body' && holdsMoreThanText(schema as TObject);
  const fill = holdsDefault(schema);
  return (value) => {
    let given = value;
    if (fill) given = Value.Default(schema, given);
    if (convert) given = readText(schema as TObject, given as Record<string, unknown>);
    if (check.Check(given)) return given;
    throw problems.invalid(faultsOf(schema, given, check.Errors(given), part));
  };
}

interface Discriminated {
  /** As OpenAPI has it. */
  readonly discriminator?: { readonly propertyName: string };
  readonly anyOf?: readonly TSchema[];
}

/** The member of a union that the discriminator names, so that faults are those of one schema. */
function oneOf(name: string, schemas: readonly TSchema[], part: Part): Validate {
  const validators = new Map(
    schemas.map((schema) => {
      const { properties } = schema as TObject;
      return [(properties[name] as { const?: unknown }).const, compileValidator(schema, part)];
    }),
  );
  const known = [...validators.keys()].map((value) => JSON.stringify(value)).join(', ');
  const unnamed = compileValidator(Type.Object({ [name]: Type.Unknown() }), part);
  return (value) => {
    const given = (value as Record<string, unknown> | null | undefined)?.[name];
    const validate = validators.get(given);
    if (validate !== undefined) return validate(value);
    unnamed(value);
    throw problems.invalid([{ path: `/${name}`, message: `must be one of ${known}` }]);
  };
}

/** Text as what the schema wants. TypeBox would round "1.5" down to a whole number: it stays text, which is a fault. */
function readText(schema: TObject, given: Record<string, unknown>): Record<string, unknown> {
  const asked = Object.entries(given);
  const read = Value.Convert(schema, given) as Record<string, unknown>;
  for (const [name, text] of asked)
    if (typeof text === 'string' && Number.isInteger(read[name]) && !/^-?\d+$/.test(text))
      read[name] = text;
  return read;
}

/** The schema with every object shut against members it does not name, unless it says otherwise itself. */
export function closed<T extends TSchema>(schema: T): T {
  const copy = Object.create(
    Object.getPrototypeOf(schema) as object,
    Object.getOwnPropertyDescriptors(schema),
  ) as OpenSchema;
  if (copy.allOf !== undefined) {
    copy.unevaluatedProperties ??= false;
    return copy as unknown as T;
  }
  if (copy.properties !== undefined) {
    copy.properties = Object.fromEntries(
      Object.entries(copy.properties).map(([key, inner]) => [key, closed(inner)]),
    );
    if (copy.patternProperties === undefined) copy.additionalProperties ??= false;
  }
  if (copy.items !== undefined && !Array.isArray(copy.items)) copy.items = closed(copy.items);
  if (copy.anyOf !== undefined) copy.anyOf = copy.anyOf.map((each) => closed(each));
  return copy as unknown as T;
}

interface OpenSchema {
  properties?: Record<string, TSchema>;
  patternProperties?: unknown;
  additionalProperties?: unknown;
  unevaluatedProperties?: unknown;
  items?: TSchema | TSchema[];
  anyOf?: TSchema[];
  allOf?: TSchema[];
}

function holdsMoreThanText(schema: TObject): boolean {
  return Object.values(schema.properties as Record<string, { type?: unknown }>).some(
    ({ type }) => type !== 'string',
  );
}

function holdsDefault(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  if ('default' in schema) return true;
  return Object.values(schema).some((inner) => holdsDefault(inner));
}
