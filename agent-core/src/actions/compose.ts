/** From an action and its input to the lines a game is sent. Promises one line each, without control characters. */
import type { ActionRequest, ActionSpec } from '../contract/actions.ts';
import { actionInputFaults } from '../contract/action-input.ts';
import { refusals } from '../http/problem.ts';

type Input = NonNullable<ActionRequest['input']>;

const MOST_CHARACTERS = 1024;

/** Throws a 422 that names every faulty field. */
export function composeLines(action: ActionSpec, input: Input, nonce: string): string[] {
  const faults = actionInputFaults(action, input).map(({ path, message }) => ({
    path: `/input${path}`,
    message,
  }));
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
