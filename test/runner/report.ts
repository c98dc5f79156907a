/**
 * Prints the outcome of a run: a line for a file that passed, and everything for one that failed.
 *
 * The end names the slowest files and tests and the tests left out. Each failed test stands there with its
 * reason and the command that runs its file again. The last line is `N passed, N failed`.
 */
import { failedTests } from './failures.ts';
import type { FileRun } from './run-file.ts';
import type { Verdict } from './verdict.ts';

export interface Outcome extends FileRun, Verdict {}

const slowMs = 1_000;
const slowestShown = 5;

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function tests(count: number): string {
  return count === 1 ? '1 test' : `${count} tests`;
}

/** The lines printed as soon as a file has ended. */
export function describeFile(outcome: Outcome): string {
  const { file, passed, failed, leftOut, skippedByFile, durationMs, problems, output } = outcome;
  const skipped = leftOut.length + skippedByFile;
  const counts = `${tests(passed)}${skipped > 0 ? `, ${skipped} left out` : ''}`;
  if (failed === 0) return `✓ ${file.path}  ${counts}  ${seconds(durationMs)}`;
  return [
    `✘ ${file.path}  ${tests(failed)} failed  ${seconds(durationMs)}`,
    ...problems.map((problem) => `  ${problem}`),
    output.trimEnd(),
    '',
  ].join('\n');
}

/**
 * The lines printed when all files have ended.
 *
 * @param again the command that runs a file once more, as this run did
 */
export function describeAll(
  outcomes: readonly Outcome[],
  again: (file: Outcome['file']) => string,
): string {
  const sum = (pick: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  const passed = sum((outcome) => outcome.passed);
  const failed = sum((outcome) => outcome.failed);
  const failures = outcomes
    .filter((outcome) => outcome.failed > 0)
    .flatMap((outcome) => describeFailure(outcome, again(outcome.file)));
  return [
    ...section('Slowest files', slowest(outcomes)),
    ...section('Slowest tests', slowestTests(outcomes)),
    ...section('Left out', leftOut(outcomes)),
    ...section('Failed', failures),
    '',
    `${passed} passed, ${failed} failed`,
  ].join('\n');
}

function describeFailure(outcome: Outcome, again: string): string[] {
  const tests = failedTests(outcome);
  const reasons =
    tests.length === 0
      ? outcome.problems
      : tests.flatMap(({ title, reason }) => [
          `✘ ${title}`,
          ...reason.map((line) => `    ${line}`),
        ]);
  return [outcome.file.path, ...reasons.map((reason) => `  ${reason}`), `  again: ${again}`];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}

function slowest(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ durationMs }) => durationMs >= slowMs)
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, slowestShown)
    .map(({ durationMs, file }) => `${seconds(durationMs).padStart(9)}  ${file.path}`);
}

/** A test lasts until the next one begins; the last one includes the end of its file. */
function slowestTests(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .flatMap(({ file, begun, endedAt }) =>
      begun.map(({ at, title }, index) => ({
        ms: (begun[index + 1]?.at ?? endedAt) - at,
        line: `${file.path}: ${title}`,
      })),
    )
    .filter(({ ms }) => ms >= slowMs)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 2 * slowestShown)
    .map(({ ms, line }) => `${seconds(ms).padStart(9)}  ${line}`);
}

/** One line for each component in each file, however many tests wanted it. */
function leftOut(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) => {
    const byReason = Map.groupBy(
      outcome.leftOut,
      ({ component, reason }) => `needs "${component}": ${reason}`,
    );
    const lines = [...byReason].map(
      ([reason, entries]) => `${outcome.file.path}: ${tests(entries.length)}, ${reason}`,
    );
    if (outcome.skippedByFile === 0) return lines;
    return [
      ...lines,
      `${outcome.file.path}: ${tests(outcome.skippedByFile)}, skipped by the file itself`,
    ];
  });
}
