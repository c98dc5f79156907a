/** Finds the action a schedule names, and holds its input to the action's own schema. */
import { faultMessage, type Contribution } from '@zlh/kernel';
import { problems } from '@zlh/http';
import { Value } from 'typebox/value';
import type { ScheduledAction } from './index.ts';

const mostFaults = 20;

/** Undefined when no enabled plugin offers it. */
export function actionOf(
  actions: readonly Contribution<ScheduledAction>[],
  kind: string,
): ScheduledAction | undefined {
  return actions.find(({ value }) => value.kind === kind)?.value;
}

/** With its defaults; throws a 422 that names each fault below `/action/input`. */
export function readInput(
  { input: schema }: ScheduledAction,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const input = Value.Default(schema, structuredClone(given)) as Record<string, unknown>;
  const faults = Value.Check(schema, input) ? [] : Value.Errors(schema, input);
  if (faults.length > 0)
    throw problems.invalid(
      faults.slice(0, mostFaults).map((fault) => ({
        path: `/action/input${fault.instancePath}`,
        message: faultMessage(schema, fault),
      })),
    );
  return input;
}
