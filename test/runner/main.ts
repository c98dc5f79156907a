/**
 * The test runner: `node test/runner/run.js [OPTION …] [PART OF A PATH …]`.
 *
 * Each file runs alone in its process, some of them side by side. Answers 1 when anything failed or
 * nothing was found. `ZLH_TEST_ALL=1` leaves nothing out: a test whose component is missing fails.
 */
import { availableParallelism } from 'node:os';
import { discover } from './discover.ts';
import { keepDurations, quietDuration, readDurations } from './durations.ts';
import { againCommand, type Options, readOptions } from './options.ts';
import { describeAll, describeFile, type Outcome } from './report.ts';
import { killRunning, runFile, type RunOptions } from './run-file.ts';
import { schedule } from './schedule.ts';
import { describeSpeed, measureSpeed, speedEnvironment } from './speed.ts';
import { filesOf, type TieredFile } from './tiers.ts';
import { judge } from './verdict.ts';

/** Runs the tests that the arguments ask for and answers the exit code. */
export async function main(args: string[]): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Not once: a terminal and npm each send it, and the second would end the runner amid its clearing up.
    process.on(signal, () => {
      killRunning();
      process.exit(1);
    });
  }
  const started = performance.now();
  try {
    const options = readOptions(args);
    const outcomes = await runAll(options, await find(options));
    console.log(describeDuration(outcomes.length, performance.now() - started));
    console.log(describeAll(outcomes, (file) => againCommand(options, file)));
    return outcomes.some(({ failed }) => failed > 0) ? 1 : 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.log('\n0 passed, 1 failed');
    return 1;
  }
}

/** `ZLH_TEST_BEGAN` is when the whole run began, in seconds since 1970: CI installs and checks before. */
function describeDuration(files: number, ms: number): string {
  const duration = (seconds: number) => `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const began = Number(process.env['ZLH_TEST_BEGAN'] ?? Number.NaN);
  const all = Math.round(Date.now() / 1000 - began);
  const whole = Number.isNaN(all) ? '' : `; ${duration(all)} since the run began`;
  return `\n${files} files in ${duration(Math.round(ms / 1000))}${whole}`;
}

async function runAll(options: Options, files: readonly TieredFile[]): Promise<Outcome[]> {
  const { root, seed, count } = options;
  const speed = measureSpeed();
  console.log(`${describeSpeed(speed)}\nSeed ${seed}.`);
  const run: RunOptions = {
    root,
    slowness: speed.slowness,
    env: { ...speedEnvironment(speed), ZLH_TEST_SEED: seed, ZLH_TEST_COUNT: String(count) },
  };
  const processors = availableParallelism();
  const limits = { jobs: options.jobs ?? 3 * processors, processors: processors + 0.5 };
  const outcomes = await schedule(files, limits, readDurations(root), async (file) => {
    const result = await runFile(run, file);
    const outcome: Outcome = { ...result, ...judge(result, process.env.ZLH_TEST_ALL === '1') };
    console.log(describeFile(outcome));
    return outcome;
  });
  const passed = outcomes.filter(({ failed }) => failed === 0);
  const measured = new Map(
    passed.map(({ file, durationMs, busy }) => [
      file.path,
      quietDuration({ seconds: durationMs / 1000, busy }, speed.slowness),
    ]),
  );
  keepDurations(root, measured, options.record);
  return outcomes;
}

/** @throws when there is no such file */
async function find({ root, tier, filters }: Options): Promise<TieredFile[]> {
  const all = discover(root, filters);
  const files = await filesOf(tier, root, all);
  if (files.length > 0) return files;
  if (filters.length === 0) throw new Error(`No test files below ${root}.`);
  const wanted = filters.map((filter) => `"${filter}"`).join(' or ');
  const [other] = all;
  if (other === undefined) throw new Error(`No test file's path contains ${wanted}.`);
  throw new Error(
    `No test file of the tier "${tier}" has a path that contains ${wanted}. ` +
      `${other.path} runs with "npm run ${other.campaign ? 'test:campaign' : 'test'} -- ${other.path}".`,
  );
}
