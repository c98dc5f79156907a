/**
 * Tells the runner which tests were left out and why.
 *
 * The test file is a process of its own. It appends one JSON line for each test it leaves out to the
 * file named by `ZLH_TEST_LEFT_OUT`, and the runner reads them in the end.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** One test that did not run because a component is not on this machine. */
export interface LeftOut {
  /** The component, by the name a person would look for: `chromium`. */
  component: string;
  /** Why it counts as missing, without a full stop. */
  reason: string;
  test: string;
}

/** Writes it down for the runner; says it aloud when a file is run without the runner. */
export function leaveOut(entry: LeftOut): void {
  const file = process.env.ZLH_TEST_LEFT_OUT;
  if (file === undefined) {
    process.stderr.write(`left out: ${entry.test} (${entry.component}: ${entry.reason})\n`);
    return;
  }
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

/** The tests that a file left out. A line cut short by a kill is ignored: that file has failed anyway. */
export function readLeftOut(file: string): LeftOut[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as LeftOut);
}
