/**
 * One attempt at a run: with whose rights, whether they still have them, and what came of it. Writes all or
 * nothing.
 */
import { CodedError } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';
import { Problem } from '@zlh/http';
import { unexpected } from './failing.ts';
import { labelOf, type ClockworkGround } from './ground.ts';
import { actionOf } from './inputs.ts';
import type { ScheduleRow } from './schema.ts';
import type { Outcome } from './view.ts';

export interface Attempt {
  readonly at: Date;
  readonly outcome: Outcome;
  readonly operationId?: string;
  readonly error?: { readonly code: string; readonly detail: string };
}

/** Null: the instance is gone, and so must be its schedules. */
export async function attempt(
  ground: ClockworkGround,
  em: EntityManager,
  row: ScheduleRow,
  now: Date,
): Promise<Attempt | null> {
  const { instances, accounts, actions } = ground;
  const ended = (outcome: Outcome, code: string, detail: string): Attempt => ({
    at: now,
    outcome,
    error: { code, detail },
  });
  const instance = await instances.findSummary(em, row.instance_id);
  if (instance === null) return null;
  const identity = await accounts.actingFor(row.user_id, labelOf(row));
  if (identity === null)
    return ended(
      'refused',
      'schedules.no-user',
      'The account whose schedule it is was deleted or disabled. Save it to make it yours.',
    );
  const action = actionOf(actions, row.kind);
  if (action === undefined)
    return ended('failed', 'schedules.no-action', `Nobody offers "${row.kind}" any more.`);
  try {
    for (const permission of ['schedules.write', action.permission]) {
      await instances.admit(em, row.instance_id, identity, permission);
      if (!identity.can(permission)) return refused(ended);
    }
  } catch (error) {
    if (error instanceof Problem && [403, 404].includes(error.status)) return refused(ended);
    throw error;
  }
  try {
    const run = { scheduleId: row.id, instance, identity, input: row.input as never };
    const begun = await em.transactional((inner) => action.run(inner, run));
    return 'skipped' in begun
      ? ended('skipped', 'schedules.skipped', begun.skipped)
      : { at: now, outcome: 'running', operationId: begun.id };
  } catch (error) {
    if (error instanceof Problem)
      return ended(isInTheWay(error) ? 'conflict' : 'failed', error.code, error.message);
    if (error instanceof CodedError)
      return ended('failed', error.code, `${error.message} ${error.hint}`.trim());
    ground.log.error(
      { err: error, scheduleId: row.id, instanceId: row.instance_id },
      'a schedule could not be run',
    );
    return ended('failed', unexpected.code, unexpected.detail);
  }
}

const refused = (ended: (outcome: Outcome, code: string, detail: string) => Attempt): Attempt =>
  ended(
    'refused',
    'schedules.right-lost',
    'The user whose schedule it is may not do this here any more. Save it to make it yours.',
  );

/** Also 503 `operations.busy`: the two met at the very moment. */
const isInTheWay = ({ status, code }: Problem) => status === 409 || code === 'operations.busy';
