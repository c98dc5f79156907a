/**
 * Finds the test files and reads what each one asks of the runner in its first lines:
 *
 * - `// time-limit: 300s` when it may work longer than others without a sign of progress,
 * - `// alone` when nothing else may run beside it,
 * - `// tier: campaign` when it repeats random attacks, as often as the caller of the campaign says.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { walk } from './walk.ts';

const defaultLimitMs = 120_000;
const headerLines = 20;

export interface TestFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  /** The longest time without progress on the reference machine; longer is a hang. */
  readonly limitMs: number;
  readonly alone: boolean;
  readonly campaign: boolean;
}

/**
 * The test files whose path contains one of the filters; all of them without a filter.
 *
 * @throws when a file's request cannot be read, for it would be ignored otherwise
 */
export function discover(root: string, filters: readonly string[]): TestFile[] {
  return walk(root)
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .map((path) => ({ path, ...readRequests(path, readFileSync(join(root, path), 'utf8')) }));
}

/** Reads the requests in a test file's first lines. */
export function readRequests(path: string, source: string): Omit<TestFile, 'path'> {
  const header = source.split('\n', headerLines);
  const limit = header.find((line) => line.startsWith('// time-limit'));
  const seconds = /^\/\/ time-limit: ([1-9]\d*)s$/.exec(limit ?? '')?.[1];
  if (limit !== undefined && seconds === undefined) {
    throw new Error(`${path}: "${limit}" is not a time limit. Write it as "// time-limit: 600s".`);
  }
  const tier = header.find((line) => line.startsWith('// tier'));
  if (tier !== undefined && tier !== '// tier: campaign') {
    throw new Error(`${path}: "${tier}" is not a tier. Write it as "// tier: campaign".`);
  }
  return {
    limitMs: seconds === undefined ? defaultLimitMs : Number(seconds) * 1000,
    alone: header.some((line) => /^\/\/ alone\b/.test(line)),
    campaign: tier !== undefined,
  };
}
