/** Names the tests of a file that failed, as their titles stand in uvu's output or in the file's progress. */
import { stripVTControlCharacters } from 'node:util';
import type { FileRun } from './run-file.ts';

export interface FailedTest {
  readonly title: string;
  /** The first lines that uvu prints of the error; empty when the file was ended. */
  readonly reason: readonly string[];
}

/** uvu prints a block for each failed test that begins with this line. */
const pattern = /^ {3}FAIL {2}(?:\S.*? )?"(.*)"$/gm;
const maxReasonLines = 4;
const maxReasonLength = 200;

/** The failed tests in the order of the file; empty when the file failed outside of its tests. */
export function failedTests({ output, end, signal, begun }: FileRun): FailedTest[] {
  const text = stripVTControlCharacters(output);
  const printed = [...text.matchAll(pattern)].map((match) => ({
    title: match[1]!,
    reason: reasonOf(text.slice(match.index + match[0].length)),
  }));
  if (printed.length > 0) return printed;
  const wasEnded = end === 'hung' || (end === 'exited' && signal !== null);
  const last = begun.at(-1);
  return wasEnded && last !== undefined ? [{ title: last.title, reason: [] }] : [];
}

/** The message and the beginning of a comparison, without the stack. */
function reasonOf(block: string): string[] {
  const lines = block.split('\n').map((line) => line.trim());
  const stack = lines.findIndex((line) => /^at .*:\d+:\d+\)?$/.test(line));
  return lines
    .slice(0, stack < 0 ? 2 * maxReasonLines : stack)
    .filter((line) => line !== '' && !/^\^+/.test(line))
    .slice(0, maxReasonLines)
    .map((line) => line.slice(0, maxReasonLength));
}
