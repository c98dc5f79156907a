/**
 * The test runner: `node test/runner/run.js [--root FOLDER] [--jobs N] [PART OF A PATH …]`.
 *
 * Each file runs alone in its process, two files at a time; a file that says so runs with no other
 * beside it. Answers 1 when anything failed or nothing was found. `ZLH_TEST_ALL=1` leaves nothing
 * out: a test whose component is missing fails.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { discover, type TestFile } from './discover.ts';
import { describeAll, describeFile, type Outcome } from './report.ts';
import { killRunning, runFile } from './run-file.ts';
import { schedule } from './schedule.ts';
import { judge } from './verdict.ts';

const repository = resolve(import.meta.dirname, '../..');

/** Runs the tests that the arguments ask for and answers the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      root: { type: 'string', default: repository },
      jobs: { type: 'string', default: '2' },
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killRunning();
      process.exit(1);
    });
  }
  const files = find(resolve(values.root), positionals);
  if (files === undefined) return 1;
  const outcomes = await schedule(files, Math.max(1, Number(values.jobs) || 1), async (file) => {
    const run = await runFile(resolve(values.root), file);
    const outcome: Outcome = { ...run, ...judge(run, process.env.ZLH_TEST_ALL === '1') };
    console.log(describeFile(outcome));
    return outcome;
  });
  console.log(describeAll(outcomes));
  return outcomes.some(({ failed }) => failed > 0) ? 1 : 0;
}

function find(root: string, filters: string[]): TestFile[] | undefined {
  try {
    const files = discover(root, filters);
    if (files.length > 0) return files;
    console.error(
      filters.length === 0
        ? `No test files below ${root}.`
        : `No test file's path contains ${filters.map((filter) => `"${filter}"`).join(' or ')}.`,
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  console.log('\n0 passed, 1 failed');
  return undefined;
}
