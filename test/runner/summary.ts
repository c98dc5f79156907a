/** Reads the summary that uvu prints when a file's tests are done. */
import { stripVTControlCharacters } from 'node:util';

export interface Summary {
  /** Tests that were to run; skipped ones are not among them. */
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
}

const pattern =
  /^ {2}Total: {5}(\d+)\n {2}Passed: {4}(\d+)\n {2}Skipped: {3}(\d+)\n {2}Duration: /gm;

/** The last summary in the text; `undefined` when there is none. */
export function readSummary(text: string): Summary | undefined {
  const found = [...stripVTControlCharacters(text).matchAll(pattern)].at(-1);
  if (found === undefined) return undefined;
  const [, total, passed, skipped] = found.map(Number);
  return { total: total ?? 0, passed: passed ?? 0, skipped: skipped ?? 0 };
}
