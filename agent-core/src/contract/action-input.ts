/** Whether what somebody gives an action is what it takes. Asked by the agent, and by whoever keeps an input for later. */
import { compileCheck, type Check } from '../lib/faults.ts';
import type { ActionInput, ActionRequest, ActionSpec } from './actions.ts';
import type { FieldFault } from './refusal.ts';

/** The input of an action that takes nothing. */
export const noInput = {
  type: 'object',
  properties: {},
  additionalProperties: false,
} as const satisfies ActionInput;

// oxlint-disable-next-line no-control-regex -- these are the ones refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Paths begin at the input: `/message`. */
export function actionInputFaults(
  action: ActionSpec,
  input: NonNullable<ActionRequest['input']>,
): FieldFault[] {
  return [
    ...checkOf(action)(input),
    ...Object.entries(input)
      .filter(([, value]) => typeof value === 'string' && CONTROL.test(value))
      .map(([name]) => ({
        path: `/${name}`,
        message: 'must not hold control characters or line breaks',
      })),
  ];
}

/** Compiled at its first use, kept as long as the spec it came with. */
const checks = new WeakMap<ActionSpec, Check>();

function checkOf(action: ActionSpec): Check {
  const known = checks.get(action) ?? compileCheck(action.input ?? noInput);
  checks.set(action, known);
  return known;
}
