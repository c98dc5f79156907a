/**
 * Checks requests with compiled TypeBox schemas instead of Fastify's default, which would cost the agent several
 * megabytes.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Settings } from 'typebox/system';
import { compileCheck } from '../lib/faults.ts';
import { refusals } from './problem.ts';

// TypeBox stops at eight errors by default; whoever sent a spec shall see all of them at once.
Settings.Set({ maxErrors: 256 });

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema }) => {
  const check = compileCheck(schema);
  return (value: unknown) => {
    const faults = check(value);
    return faults.length === 0 ? { value } : { error: refusals.invalid(faults) };
  };
};
