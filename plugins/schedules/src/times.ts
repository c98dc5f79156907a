/**
 * When a schedule runs. Patterns have minutes as their finest field, so two runs are never less than a minute apart.
 * A time that a change of clocks leaves out comes with the first moment after it; one that it repeats comes once, the
 * first time. Patterns that name every hour go on evenly.
 */
import { problems } from '@zlh/http';
import { Cron } from 'croner';

export interface Times {
  readonly cron: string;
  readonly timeZone: string;
}

/** The next times after a moment; fewer when there are no more. */
export function nextTimes({ cron, timeZone }: Times, after: Date, count: number): Date[] {
  return pattern(cron, timeZone).nextRuns(count, after);
}

/** Null when it never comes again. */
export function nextTime(times: Times, after: Date): Date | null {
  return nextTimes(times, after, 1)[0] ?? null;
}

/** Throws a 422 that names what is wrong. */
export function checkTimes({ cron, timeZone }: Times, now: Date): void {
  if (!isTimeZone(timeZone))
    throw problems.invalid([
      { path: '/timeZone', message: 'is no known time zone; use a name such as "Europe/Berlin"' },
    ]);
  let next: Date | null;
  try {
    next = pattern(cron, timeZone).nextRun(now);
  } catch (error) {
    // The library says what is wrong with a pattern, and nothing else throws here.
    const { message } = error as Error;
    throw problems.invalid([
      { path: '/cron', message: `cannot be read: ${message.replace(/^CronPattern: /, '')}` },
    ]);
  }
  if (next === null)
    throw problems.invalid([{ path: '/cron', message: 'names a time that never comes' }]);
}

function pattern(cron: string, timeZone: string): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true });
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false; // the caller says so
  }
}
