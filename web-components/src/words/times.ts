/** How the portal writes times: relative where one reads, exact where one hovers. Everything given is ISO 8601 UTC. */

const SPACE = '\u00a0';
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span in its two largest units: `3 d 4 h`, `12 s`. */
export function span(milliseconds: number): string {
  const left = Math.max(0, milliseconds);
  if (left < MINUTE) return `${Math.floor(left / SECOND)}${SPACE}s`;
  if (left < HOUR) return two(left, MINUTE, 'min', SECOND, 's', left < 10 * MINUTE);
  if (left < DAY) return two(left, HOUR, 'h', MINUTE, 'min', true);
  return two(left, DAY, 'd', HOUR, 'h', left < 14 * DAY);
}

function two(
  left: number,
  unit: number,
  name: string,
  small: number,
  smallName: string,
  both: boolean,
): string {
  const first = `${Math.floor(left / unit)}${SPACE}${name}`;
  const rest = Math.floor((left % unit) / small);
  return both && rest > 0 ? `${first}${SPACE}${rest}${SPACE}${smallName}` : first;
}

/** How long ago, in one unit: `12 s ago`, `just now`; or how soon: `in 8 s`. */
export function ago(time: string, now = Date.now()): string {
  const past = now - Date.parse(time);
  if (past < -SECOND) return `in${SPACE}${coarse(-past)}`;
  if (past < 5 * SECOND) return 'just now';
  return `${coarse(past)}${SPACE}ago`;
}

function coarse(milliseconds: number): string {
  return span(milliseconds).split(SPACE).slice(0, 2).join(SPACE);
}

/** How long since, for "up 3 d 4 h". */
export function since(time: string, now = Date.now()): string {
  return span(now - Date.parse(time));
}

/** The moment itself, in the reader's zone and named so. */
export function exact(time: string): string {
  return new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
}

/** How long something took, from start to end. */
export function took(start: string, end: string): string {
  const spent = Date.parse(end) - Date.parse(start);
  return spent < SECOND ? `under 1${SPACE}s` : span(spent);
}

/** Since when: the time where it was today, else the day. */
export function sinceWhen(time: string, now = Date.now()): string {
  if (day(time) !== day(new Date(now).toISOString())) return day(time);
  return new Date(time).toLocaleTimeString('en-GB', { timeStyle: 'short' });
}

/** The day alone: `23 Nov 2026`. */
export function day(time: string): string {
  return new Date(time).toLocaleDateString('en-GB', { dateStyle: 'medium' });
}

/** How long until the words of a time change: nobody redraws hours every second. */
export function nextChange(time: string, now = Date.now()): number {
  const away = Math.abs(now - Date.parse(time));
  if (away < 10 * MINUTE) return SECOND;
  return away < DAY ? 20 * SECOND : 10 * MINUTE;
}
