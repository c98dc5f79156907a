/** What is wrong with a value, by a TypeBox schema: one fault per field, the noise of unions folded away. */
import { faultMessage } from '@zlh/kernel';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { FieldFault } from '../contract/refusal.ts';

export type Check = (value: unknown) => readonly FieldFault[];

/** Answers the faults of a value, none when it is valid. */
export function compileCheck(schema: TSchema): Check {
  const compiled = Compile(schema);
  return (value) => (compiled.Check(value) ? [] : faultsOf(schema, compiled.Errors(value)));
}

interface RawError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: unknown;
  readonly message: string;
}

function faultsOf(schema: TSchema, errors: readonly RawError[]): FieldFault[] {
  const unions = errors
    .filter(({ keyword }) => keyword === 'anyOf')
    .map(({ instancePath }) => instancePath);
  const faults = new Map<string, FieldFault>();
  for (const error of errors) {
    if (error.keyword === 'boolean' || isInsideUnion(error, unions)) continue;
    for (const fault of explain(schema, error))
      faults.set(fault.path, faults.get(fault.path) ?? fault);
  }
  return [...faults.values()];
}

/** Of a union only "none fits" is told, not why each of its members does not. */
function isInsideUnion({ keyword, instancePath }: RawError, unions: readonly string[]): boolean {
  return unions.some(
    (union) =>
      (instancePath === union && keyword !== 'anyOf') || instancePath.startsWith(`${union}/`),
  );
}

function explain(schema: TSchema, error: RawError): FieldFault[] {
  const { keyword, instancePath, params } = error;
  const { requiredProperties, additionalProperties, allowedValues } = params as {
    requiredProperties?: string[];
    additionalProperties?: string[];
    allowedValues?: unknown[];
  };
  const at = (name: string) => `${instancePath}/${name}`;
  if (keyword === 'required') {
    return (requiredProperties ?? []).map((name) => ({ path: at(name), message: 'is required' }));
  }
  if (keyword === 'additionalProperties') {
    return (additionalProperties ?? []).map((name) => ({
      path: at(name),
      message: 'is not known',
    }));
  }
  if (keyword === 'enum') {
    return [{ path: instancePath, message: `must be one of ${(allowedValues ?? []).join(', ')}` }];
  }
  const told =
    keyword === 'anyOf' ? 'has none of the shapes allowed here' : faultMessage(schema, error);
  return [{ path: instancePath, message: told }];
}
