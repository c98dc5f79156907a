/**
 * Holds the rules of prose against every file, except for the faults that files had when the rules were made.
 *
 * `prose-baseline.json` names those files and how many faults each had. It may only shrink: after mending
 * a file, `node test/boundaries/prose-baseline.ts` lowers its number or removes it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ProseFault, proseFaults } from './prose.ts';
import { readRepository, type Repository } from './repository.ts';

/** The faults of each file when the rules were made, by its path. */
export type Baseline = Readonly<Record<string, number>>;

const file = join(import.meta.dirname, 'prose-baseline.json');

export const readBaseline = (): Baseline => JSON.parse(readFileSync(file, 'utf8')) as Baseline;

/**
 * One line for each fault of a file that has more of them than the baseline says.
 *
 * A file that moved within its package takes its faults along: it may have what files that are gone had.
 */
export function newProseFaults({ files }: Pick<Repository, 'files'>, baseline: Baseline): string[] {
  const gone = Object.entries(baseline).filter(([path]) => !(path in files));
  const spare = new Map<string, number>();
  for (const [path, had] of gone) spare.set(topOf(path), (spare.get(topOf(path)) ?? 0) + had);
  return Object.entries(files).flatMap(([path, source]) => {
    const faults = readable(path, source);
    const had = baseline[path] ?? 0;
    const left = (spare.get(topOf(path)) ?? 0) - Math.max(0, faults.length - had);
    if (left >= 0) {
      spare.set(topOf(path), left);
      return [];
    }
    const known = had === 0 ? '' : ` (one of ${faults.length}; it had ${had})`;
    return faults.map(({ line, message }) => `${path}:${line} ${message}${known}`);
  });
}

/** `plugins/http` of `plugins/http/src/gate.ts`. */
const topOf = (path: string) => path.split('/', 2).join('/');

/** The baseline without what has been mended. */
export function shrink({ files }: Pick<Repository, 'files'>, baseline: Baseline): Baseline {
  const entries = Object.entries(baseline).flatMap(([path, had]) => {
    const now = Math.min(had, readable(path, files[path] ?? '').length);
    return now === 0 ? [] : [[path, now] as const];
  });
  return Object.fromEntries(entries);
}

/** A file that cannot be parsed is reported by the rules for imports. */
function readable(path: string, source: string): ProseFault[] {
  try {
    return proseFaults(path, source);
  } catch {
    return []; // see above
  }
}

if (import.meta.main) {
  const shrunk = shrink(readRepository(resolve(import.meta.dirname, '../..')), readBaseline());
  writeFileSync(file, `${JSON.stringify(shrunk, null, 2)}\n`);
}
