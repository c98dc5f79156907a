/** From an action and its input to the lines a game is sent. Promises one line each, without control characters. */
import type { ActionRequest, ActionSpec } from '../contract/actions.ts';
import type { FieldFault } from '../contract/refusal.ts';
import { refusals } from '../http/problem.ts';
import { compileCheck } from '../http/validation.ts';

type Input = NonNullable<ActionRequest['input']>;

export const nothing = {
  type: 'object',
  properties: {},
  additionalProperties: false,
} as const satisfies ActionSpec['input'];

const MOST_CHARACTERS = 1024;
// oxlint-disable-next-line no-control-regex -- these are the ones refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Throws a 422 that names every faulty field. */
export function composeLines(action: ActionSpec, input: Input, nonce: string): string[] {
  const faults = [...inputFaults(action, input)];
  if (faults.length > 0) throw refusals.invalid(faults);
  const templates = typeof action.command === 'string' ? [action.command] : action.command;
  const lines = templates.map((template) =>
    template
      .replace(/\{(?:input:([A-Za-z0-9]+)|nonce)\}/g, (_whole, field?: string) =>
        field === undefined ? nonce : String(input[field] ?? ''),
      )
      .trim(),
  );
  if (lines.some((line) => line.length > MOST_CHARACTERS)) {
    throw refusals.invalid([
      { path: '/input', message: `must make a line of at most ${MOST_CHARACTERS} characters` },
    ]);
  }
  return lines;
}

/** Compiled at its first use, kept as long as the spec it came with. */
const checks = new WeakMap<ActionSpec, ReturnType<typeof compileCheck>>();

function checkOf(action: ActionSpec): ReturnType<typeof compileCheck> {
  const known = checks.get(action) ?? compileCheck(action.input ?? nothing);
  checks.set(action, known);
  return known;
}

function* inputFaults(action: ActionSpec, input: Input): Iterable<FieldFault> {
  for (const { path, message } of checkOf(action)(input)) yield { path: `/input${path}`, message };
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === 'string' && CONTROL.test(value))
      yield { path: `/input/${name}`, message: 'must not hold control characters or line breaks' };
  }
}
