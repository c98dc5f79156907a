/**
 * Remembers how long each test file took and how much of a processor it used, so that the next run can
 * start the longest first and put those that wait beside those that work.
 *
 * `durations.json` beside this file is what a quiet machine measured (`--record` writes it); what this
 * machine measured itself is kept in the repository's cache and counts more. Both are hints: a file that
 * neither knows is run all the same.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Duration {
  readonly seconds: number;
  /** Processors that it kept busy on the mean, with its children: 0.3 waits, 2 works on two. */
  readonly busy: number;
}

export type Durations = ReadonlyMap<string, Duration>;

const recorded = join(import.meta.dirname, 'durations.json');

const own = (root: string) => join(root, '.cache/durations.json');

/** What is known of the files below the root, by their paths. */
export function readDurations(root: string): Durations {
  return new Map([...read(recorded), ...read(own(root))]);
}

/** Keeps what a run measured beside what is known; in the repository itself when asked to `record`. */
export function keepDurations(root: string, measured: Durations, record: boolean): void {
  const file = record ? recorded : own(root);
  const rounded = [...read(file), ...measured].map(
    ([path, { seconds, busy }]) =>
      [path, { seconds: Number(seconds.toFixed(1)), busy: Number(busy.toFixed(2)) }] as const,
  );
  const all = Object.fromEntries([...new Map(rounded)].sort(([a], [b]) => (a < b ? -1 : 1)));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
}

function read(file: string): [string, Duration][] {
  try {
    return Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Duration>);
  } catch {
    return []; // absent, or cut short by a kill: it is a hint
  }
}
