/**
 * What agents say is believed only as far as its shape goes: an agent is in the hands of its customer. Everything that
 * is kept or shown passes through here and comes out small, and fit for the database.
 */
import { AgentOperation, AgentStatus, OperationReply } from '@zlh/agent';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Clean } from 'typebox/value';

const longestText = 500;
const mostEntries = 32;

/** Throws a TypeError when it is not what the contract says. */
export const readStatus = reader(AgentStatus);
export const readOperation = reader(AgentOperation);
const readReply = reader(OperationReply);

export const readOperationReply = (answer: unknown): AgentOperation => readReply(answer).operation;

const exact = new WeakMap<TSchema, (value: unknown) => unknown>();

/** Checks what a plugin's own route of an agent answers. Texts and lists are as long as the schema allows. */
export function readerOf<S extends TSchema>(schema: S): (value: unknown) => Static<S> {
  let read = exact.get(schema);
  if (read === undefined) exact.set(schema, (read = reader(schema, (value) => value)));
  return read as (value: unknown) => Static<S>;
}

/** Undefined for anything else; for members that may be missing. */
export function operationOrNothing(value: unknown): AgentOperation | undefined {
  try {
    return readOperation(value);
  } catch {
    return undefined; // as if it were not there
  }
}

/** Longer texts are cut; what no text column holds is left out. */
export function shortText(text: string): string {
  return text.slice(0, longestText).replaceAll('\0', '').toWellFormed();
}

function reader<S extends TSchema>(
  schema: S,
  limit: (value: unknown) => unknown = bounded,
): (value: unknown) => Static<S> {
  const check = Compile(schema);
  return (value) => {
    if (!check.Check(value))
      throw new TypeError('an agent answered something else than its contract says');
    // Cleaning changes what it is given, which is nobody else's.
    return limit(Clean(schema, structuredClone(value))) as Static<S>;
  };
}

function bounded(value: unknown): unknown {
  if (typeof value === 'string') return shortText(value);
  if (Array.isArray(value)) return value.slice(0, mostEntries).map(bounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bounded(inner)]));
}
