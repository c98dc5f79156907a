/** Names the tests of a file that failed, as their titles stand in uvu's output or in the file's progress. */
import { stripVTControlCharacters } from 'node:util';
import type { FileRun } from './run-file.ts';

/** uvu prints a block for each failed test that begins with this line. */
const pattern = /^ {3}FAIL {2}(?:\S.*? )?"(.*)"$/gm;

/** Titles in the order of the file; empty when the file failed outside of its tests. */
export function failedTitles({ output, end, signal, begun }: FileRun): string[] {
  const printed = [...stripVTControlCharacters(output).matchAll(pattern)].map(
    ([, title]) => title!,
  );
  if (printed.length > 0) return printed;
  const wasEnded = end === 'hung' || (end === 'exited' && signal !== null);
  const last = begun.at(-1);
  return wasEnded && last !== undefined ? [last.title] : [];
}
