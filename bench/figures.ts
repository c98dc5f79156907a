/** Shared by the bench files: medians, memory of a process, and figures against their limits. */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | 'MB/s' | '×' | '';
  /** At most this; without it and without `least` the figure only informs. */
  readonly limit?: number;
  /** At least this. */
  readonly least?: number;
}

/** The value below which the given part of the numbers lies. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

/** Prints one line a figure; a missed limit fails the process. */
export function tell(figures: readonly Figure[]): void {
  for (const { what, value, unit, limit, least } of figures) {
    const bound = limit ?? least;
    const holds = value <= (limit ?? value) && value >= (least ?? value);
    const verdict = bound === undefined ? ' ' : holds ? '✓' : '✘';
    const side = limit === undefined ? 'least' : 'most';
    const against = bound === undefined ? '' : ` (at ${side} ${bound} ${unit})`;
    const shown = value.toFixed(unit === '×' ? 2 : 0).padStart(6);
    console.log(`${verdict} ${what.padEnd(52)} ${shown} ${unit}${against}`);
    record(`| ${what.trim()} | ${shown.trim()} ${unit} | ${against.slice(2, -1)} |`);
    if (bound !== undefined && !holds) process.exitCode = 1;
  }
}

/** A row of the table that `npm run bench` prints in the end. */
function record(row: string): void {
  const file = process.env['ZLH_BENCH_TABLE'];
  if (file !== undefined) appendFileSync(file, `${row}\n`);
}

export interface Memory {
  readonly rss: number;
  readonly pss: number;
  readonly own: number;
}

/** Memory of a process in MB: all its pages, its fair part of those it shares, and those that it does not share. */
export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const read = (key: string) =>
    (Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)![1]) * 1024) / 1e6;
  const own = read('Private_Dirty') + read('Private_Clean');
  return { rss: read('Rss'), pss: read('Pss'), own };
}

/** The processes whose command line holds all the words. */
export function pidsOf(...words: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return words.every((word) => command.includes(word));
      } catch {
        return false; // it ended meanwhile
      }
    });
}
