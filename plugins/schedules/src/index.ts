/**
 * The contract of `schedules`: what is done to an instance at which times, and the point where plugins add what can be
 * scheduled.
 */
import { point, token, type Logger } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';
import type { Identity } from '@zlh/http';
import type { InstanceFacts } from '@zlh/instances';
import type { OperationView } from '@zlh/operations';
import type { Static, TObject } from 'typebox';

export { ChangeSchedule, CreateSchedule, Outcome, ScheduleView } from './view.ts';

/** One run of a schedule. */
export interface ScheduledRun<Input> {
  readonly scheduleId: string;
  readonly instance: { readonly id: string; readonly name: string; readonly ownerId: string };
  /** The user whose schedule it is, called `schedule "<name>"`: pass it on wherever somebody is asked for. */
  readonly identity: Identity;
  readonly input: Input;
}

/** Nothing had to be done, and why: `The server is stopped.` */
export interface Skipped {
  readonly skipped: string;
}

/** Something that can be done on a schedule. */
export interface ScheduledAction<S extends TObject = TObject> {
  /** `restart`, `backup` */
  readonly kind: string;
  /** For people who choose: "Restart the server". */
  readonly title: string;
  /** Of `action.input`; its members may have defaults. */
  readonly input: S;
  /** What one must be allowed on the instance: when the schedule is written, and again at each run. */
  readonly permission: string;
  /** Throws a Problem for what only the instance can say of an input; asked when it is saved. Faults begin with `/action/input`. */
  check?(input: Static<S>, instance: InstanceFacts): Promise<void>;
  /** Something to be told before its time. Best effort, at most once each; never holds the run up. */
  readonly warnings?: {
    /** Whole minutes before the run. */
    minutes(input: Static<S>): readonly number[];
    tell(run: ScheduledRun<Static<S>>, minutesLeft: number, log: Logger): Promise<void>;
  };
  /**
   * Begins the run, in the transaction that takes note of it: what it writes happens exactly if the run counts. Long work
   * is an operation. A 409 is tried again for ten minutes; any other Problem ends this run.
   */
  run(em: EntityManager, run: ScheduledRun<Static<S>>): Promise<OperationView | Skipped>;
}

/** Lets the input have the type of its schema. */
export function scheduledAction<const S extends TObject>(
  action: ScheduledAction<S>,
): ScheduledAction {
  return action;
}

/** `kind`s are unique. */
export const ScheduledActions = point<ScheduledAction>('schedules.actions');

/** What time it is. Nobody provides it: the time of the machine counts, unless a test says otherwise. */
export type Clock = () => Date;
export const Clock = token<Clock>('schedules.clock');
