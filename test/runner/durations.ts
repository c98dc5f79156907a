/**
 * Remembers how long each test file took and how much of a processor it used.
 *
 * The next run starts the longest first, and puts files that wait beside files that work.
 * `--record` writes `durations.json` beside this file, for a fresh clone. Each run keeps its own
 * measurements in the repository's cache, which count more. Both are hints.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Duration {
  readonly seconds: number;
  /** Processors that it kept busy on the mean, with its children: 0.3 waits, 2 works on two. */
  readonly busy: number;
}

/**
 * The duration that a file would have had on a quiet machine.
 *
 * Files measured beside other work look as if they waited. Taken at its word, that would start too many of
 * them at once the next time.
 *
 * @param slowness how much longer than the reference machine this one took
 */
export function quietDuration({ seconds, busy }: Duration, slowness: number): Duration {
  const cpuSeconds = seconds * busy;
  const quiet = Math.max(cpuSeconds / maxBusy, seconds / slowness);
  return { seconds: quiet, busy: quiet === 0 ? 0 : cpuSeconds / quiet };
}

/** A file whose processes work side by side. */
const maxBusy = 2;

export type Durations = ReadonlyMap<string, Duration>;

const recorded = join(import.meta.dirname, 'durations.json');

const own = (root: string) => join(root, '.cache/durations.json');

/** The known durations of the files below the root, by their paths. */
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
