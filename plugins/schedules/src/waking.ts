/** When something is to be done for the next run: a warning before it, or the run itself. */
import type { ScheduledAction } from './index.ts';

const minute = 60_000;

/** The first moment after `now` at which a warning is due, or the run's own. */
export function wakeTime(
  action: ScheduledAction | undefined,
  input: Readonly<Record<string, unknown>>,
  next: Date,
  now: Date,
): Date {
  const warnings = (action?.warnings?.minutes(input) ?? [])
    .map((minutes) => next.getTime() - minutes * minute)
    .filter((at) => at > now.getTime() && at < next.getTime());
  return new Date(Math.min(next.getTime(), ...warnings));
}

/** What is left until the run, as people say it: never zero. */
export function minutesUntil(next: Date, now: Date): number {
  return Math.max(1, Math.round((next.getTime() - now.getTime()) / minute));
}
