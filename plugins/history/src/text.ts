/** Agents are in the hands of their customers: what they say is kept short, and fit for the database. */
import type { CrashRecord } from '@zlh/agent';

const mostLines = 40;
const longestLine = 300;

export function fit(record: CrashRecord): CrashRecord {
  const { lastLines, ...rest } = record;
  const short = Object.entries(rest).map(([name, value]) => [
    name,
    typeof value === 'string' ? clean(value, 500) : value,
  ]);
  return {
    ...(Object.fromEntries(short) as typeof rest),
    lastLines: lastLines.slice(-mostLines).map((line) => clean(line, longestLine)),
  };
}

/** A time of an agent, or now if no clock of ours could show it. */
export function plausible(time: string): Date {
  const at = Date.parse(time);
  return at > Date.UTC(2000) && at <= Date.now() ? new Date(at) : new Date();
}

const clean = (text: string, longest: number) =>
  text.slice(0, longest).replaceAll('\0', '').toWellFormed();
