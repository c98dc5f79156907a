/**
 * Decides whether a test file kept its promise.
 *
 * uvu alone answers 0 for a file that forgot `run()`, for one without tests and for one whose hook
 * threw. So the exit code and the summary must both be there, and must agree.
 */
import type { FileRun } from './run-file.ts';
import { readSummary } from './summary.ts';

export interface Verdict {
  readonly passed: number;
  /** At least 1 when anything is wrong with the file. */
  readonly failed: number;
  /** Tests skipped without the name of a missing component: `test.skip`, `test.only`. */
  readonly skippedByFile: number;
  /** Faults of the file beyond its failed tests, one sentence each. */
  readonly problems: readonly string[];
}

/** @param leaveNothingOut makes any skipped test a failure (`ZLH_TEST_ALL=1`) */
export function judge(run: FileRun, leaveNothingOut: boolean): Verdict {
  const summary = readSummary(run.output);
  const problems = [...problemsOfEnd(run)];
  const { total, passed, skipped } = summary ?? { total: 0, passed: 0, skipped: 0 };
  const skippedByFile = Math.max(0, skipped - run.leftOut.length);

  if (summary === undefined) {
    if (run.code === 0) problems.push('It ended without a summary. Does it call test.run()?');
    else if (run.end === 'exited') problems.push('It ended before its tests did.');
  } else if (total === 0 && run.leftOut.length === 0) {
    problems.push('It has no tests that run.');
  } else if (run.code === 0 && passed < total) {
    problems.push(
      `Only ${passed} of ${total} tests ran to an end, but it exited with 0: a hook threw.`,
    );
  } else if (run.end === 'exited' && run.code !== 0 && passed === total) {
    problems.push('All its tests passed, but something threw outside of them.');
  }
  if (leaveNothingOut && skippedByFile > 0) {
    problems.push(`It skips ${skippedByFile} tests, and ZLH_TEST_ALL=1 asks for all.`);
  }
  const failedTests = total - passed;
  return {
    passed,
    failed: failedTests === 0 && problems.length > 0 ? 1 : failedTests,
    skippedByFile,
    problems,
  };
}

function* problemsOfEnd({
  end,
  limitMs,
  begun,
  code,
  signal,
  leftBehind,
}: FileRun): Generator<string> {
  if (end === 'hung') {
    const test = begun.at(-1);
    const place = test === undefined ? 'before its first test' : `in the test "${test.title}"`;
    yield `It made no progress for ${(limitMs / 1000).toFixed(0)} s ${place} and was killed.`;
  }
  if (end === 'lingered') yield 'Its tests were done, but something kept the process from ending.';
  if (end === 'exited' && signal !== null) yield `It was killed by ${signal}.`;
  if (end === 'exited' && code !== null && code > 1) yield `It exited with ${code}.`;
  if (end === 'exited' && leftBehind.length > 0) {
    yield `It left processes behind, which were killed:\n    ${leftBehind.join('\n    ')}`;
  }
}
