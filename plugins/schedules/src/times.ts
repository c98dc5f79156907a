/**
 * When a schedule runs. Patterns have minutes as their finest field, so two runs are never less than a minute apart.
 * One rule for the days on which clocks change: a time that the clocks skip comes at the first moment after the gap, once
 * however many of them there are; a time that the clocks show twice comes the first time. A pattern that names every hour
 * runs whenever the clocks show one of its minutes.
 */
import { problems } from '@zlh/http';
import { faultOf, Pattern } from './pattern.ts';
import { Zone } from './zone.ts';

export interface Times {
  readonly cron: string;
  readonly timeZone: string;
}

/** Longer than any clock is moved, also over the date line, and shorter than the time between two changes. */
const nearMs = 36 * 3_600_000;

/** The next times after a moment; fewer when there are no more. */
export function nextTimes({ cron, timeZone }: Times, after: Date, count: number): Date[] {
  const [pattern, zone] = [new Pattern(cron), new Zone(timeZone)];
  const next = pattern.namesEveryHour ? nextShown : nextNamed;
  const found: Date[] = [];
  for (let at: number | null = after.getTime(); found.length < count;) {
    at = next(pattern, zone, at);
    if (at === null) break;
    found.push(new Date(at));
  }
  return found;
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
  const fault = faultOf(cron);
  if (fault !== undefined) throw problems.invalid([{ path: '/cron', message: fault }]);
  if (nextTime({ cron, timeZone }, now) === null)
    throw problems.invalid([{ path: '/cron', message: 'names a time that never comes' }]);
}

/** Each time that the pattern names, once. */
function nextNamed(pattern: Pattern, zone: Zone, after: number): number | null {
  let wall = pattern.next(after + zone.offsetAt(after));
  for (; wall !== null; wall = pattern.next(wall)) {
    const at = zone.firstInstant(wall);
    if (at > after) return at; // else the clocks show it for the second time
  }
  return null;
}

/** Each moment at which the clocks show a time that the pattern names. */
function nextShown(pattern: Pattern, zone: Zone, after: number): number | null {
  let [from, offset] = [after, zone.offsetAt(after)];
  for (;;) {
    const wall = pattern.next(from + offset);
    if (wall === null) return null;
    const at = wall - offset;
    if (at - from > 2 * nearMs) from = wall - nearMs;
    else if (zone.offsetAt(at) === offset) return at;
    else from = zone.changeBetween(from, at) - 1;
    // Behind a change its first moment counts, too.
    offset = zone.offsetAt(from + 1);
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Zone(name).offsetAt(0) !== undefined;
  } catch {
    return false; // the caller says so
  }
}
