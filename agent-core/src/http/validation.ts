/**
 * Checks requests with compiled TypeBox schemas instead of Fastify's default, which would cost the
 * agent several megabytes. Promises one fault per field, the noise of unions folded away.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import type { FieldFault } from '../contract/refusal.ts';
import { refusals } from './problem.ts';

// TypeBox stops at eight errors by default; whoever sent a spec shall see all of them at once.
Settings.Set({ maxErrors: 256 });

type Check = (value: unknown) => readonly FieldFault[];

/** Answers the faults of a value, none when it is valid. */
export function compileCheck(schema: TSchema): Check {
  const compiled = Compile(schema);
  return (value) => (compiled.Check(value) ? [] : faultsOf(compiled.Errors(value)));
}

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema }) => {
  const check = compileCheck(schema);
  return (value: unknown) => {
    const faults = check(value);
    return faults.length === 0 ? { value } : { error: refusals.invalid(faults) };
  };
};

interface RawError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: unknown;
  readonly message: string;
}

function faultsOf(errors: readonly RawError[]): FieldFault[] {
  const unions = errors
    .filter(({ keyword }) => keyword === 'anyOf')
    .map(({ instancePath }) => instancePath);
  const faults = new Map<string, FieldFault>();
  for (const error of errors) {
    if (error.keyword === 'boolean' || isInsideUnion(error, unions)) continue;
    for (const fault of explain(error)) faults.set(fault.path, faults.get(fault.path) ?? fault);
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

function explain({ keyword, instancePath, params, message }: RawError): FieldFault[] {
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
  const told = keyword === 'anyOf' ? 'has none of the shapes allowed here' : message;
  return [{ path: instancePath, message: told }];
}
