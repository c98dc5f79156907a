/**
 * Prints what the runner found: a line for a file that passed, everything for one that failed, and
 * at the end the slowest files, what was left out and why, which tests failed and how to run each file
 * again, and `N passed, N failed` as the last line.
 */
import { failedTitles } from './failures.ts';
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

/** What is printed as soon as a file has ended. */
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
 * What is printed when all files have ended.
 *
 * @param again the command that runs a file once more, as this run did
 */
export function describeAll(outcomes: readonly Outcome[], again: (path: string) => string): string {
  const sum = (pick: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  const passed = sum((outcome) => outcome.passed);
  const failed = sum((outcome) => outcome.failed);
  const failures = outcomes
    .filter((outcome) => outcome.failed > 0)
    .flatMap((outcome) => describeFailure(outcome, again(outcome.file.path)));
  return [
    ...section('Slowest files', slowest(outcomes)),
    ...section('Left out', leftOut(outcomes)),
    ...section('Failed', failures),
    '',
    `${passed} passed, ${failed} failed`,
  ].join('\n');
}

function describeFailure(outcome: Outcome, again: string): string[] {
  const titles = failedTitles(outcome);
  const reasons = titles.length > 0 ? titles.map((title) => `✘ ${title}`) : outcome.problems;
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
