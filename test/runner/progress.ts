/**
 * Lets a test file say which test has begun, and that it gets on.
 *
 * The test file is a process of its own. It appends lines to the file named by `ZLH_TEST_PROGRESS`,
 * which the runner reads before it calls a silent file hung. `progress-hooks.ts` writes beginnings of
 * tests, assertions that hold, and the processor time. A test that works for minutes without an
 * assertion calls `progress()`.
 */
import { appendFileSync, readFileSync, statSync } from 'node:fs';

export const progressVariable = 'ZLH_TEST_PROGRESS';

/** Assertions in a loop are many; one sign of life a second is enough. */
const signEveryMs = 1_000;
let lastSignAt = Number.NEGATIVE_INFINITY;

/** Says that the test gets on. Cheap enough for a loop. */
export function progress(): void {
  const now = performance.now();
  if (now - lastSignAt < signEveryMs) return;
  lastSignAt = now;
  write('.');
}

/** Says that a test begins. */
export function testBegins(title: string): void {
  lastSignAt = performance.now();
  write(JSON.stringify({ at: Date.now(), title }));
}

/** Says how much processor time the file took, with its children that have ended. */
export function tookProcessor(): void {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const ticks = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 16).map(Number);
  write(
    JSON.stringify({ cpuSeconds: ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond }),
  );
}

/** Of every Linux that Node runs on. */
const ticksPerSecond = 100;

function write(line: string): void {
  const file = process.env[progressVariable];
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}

/** One test of a file: when it began, and its title. */
export interface Begun {
  readonly at: number;
  readonly title: string;
}

export interface Progress {
  /** The tests that began, in their order. */
  readonly begun: readonly Begun[];
  /** Undefined when the file did not come to its end. */
  readonly cpuSeconds: number | undefined;
}

/** When the file last said something, in milliseconds since 1970; 0 when it never did. */
export function lastProgress(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** All that the file said. A line cut short by a kill is not read. */
export function readProgress(file: string): Progress {
  const exists = statSync(file, { throwIfNoEntry: false }) !== undefined;
  const lines = exists ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  const entries = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Begun | { readonly cpuSeconds: number });
  const begun = entries.flatMap((entry) => ('title' in entry ? [entry] : []));
  const [end] = entries.flatMap((entry) => ('cpuSeconds' in entry ? [entry.cpuSeconds] : []));
  return { begun, cpuSeconds: end };
}
