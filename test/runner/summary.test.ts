/** The parts of a verdict that need no process. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readRequests } from './discover.ts';
import { quietDuration } from './durations.ts';
import { failedTests } from './failures.ts';
import { againCommand, readOptions } from './options.ts';
import type { FileRun } from './run-file.ts';
import { schedule } from './schedule.ts';
import { measureSpeed } from './speed.ts';
import { readSummary } from './summary.ts';
import type { TieredFile } from './tiers.ts';

const block = (total: number) =>
  `\n  Total:     ${total}\n\u001b[32m  Passed:    ${total}\u001b[39m\n  Skipped:   0\n  Duration:  1.00ms\n\n`;

test('the last summary counts, colours or not', () => {
  assert.equal(readSummary(`${block(1)} a line ${block(7)}\nlog`), {
    total: 7,
    passed: 7,
    skipped: 0,
  });
});

test('half a summary is none', () => {
  assert.is(readSummary(block(3).slice(0, 30)), undefined);
});

test('requests are read from the first lines only', () => {
  assert.equal(readRequests('a', '/** x */\n// time-limit: 600s\n// alone: binds 4000\n'), {
    limitMs: 600_000,
    alone: true,
    campaign: false,
  });
  assert.equal(readRequests('a', `${'\n'.repeat(30)}// alone`), {
    limitMs: 120_000,
    alone: false,
    campaign: false,
  });
});

test('a tier is read, and one that does not exist is refused', () => {
  assert.ok(readRequests('a', '/** x */\n// tier: campaign\n').campaign);
  assert.not.ok(readRequests('a', '/** x */\n').campaign);
  assert.throws(() => readRequests('a', '// tier: slow'), '"// tier: slow" is not a tier');
});

/** Runs files of one tick each and tells which ran at once. */
async function scheduled(
  files: readonly (readonly [path: string, seconds: number, busy: number, alone?: boolean])[],
  limits: { readonly jobs: number; readonly processors: number },
) {
  const now = new Set<string>();
  const started: string[] = [];
  const together: string[] = [];
  const tasks = files.map(([path, , , alone = false]) => ({ path, alone }));
  const durations = new Map(files.map(([path, seconds, busy]) => [path, { seconds, busy }]));
  const results = await schedule(tasks, limits, durations, async ({ path }) => {
    now.add(path);
    started.push(path);
    together.push([...now].sort().join(''));
    await new Promise(setImmediate);
    now.delete(path);
    return path;
  });
  return { results, started, together };
}

test('the longest files start first, and results keep the order of the files', async () => {
  const { results, started } = await scheduled(
    [
      ['a', 1, 1],
      ['b', 9, 1],
      ['c', 5, 1],
    ],
    { jobs: 2, processors: 2 },
  );
  assert.equal(started, ['b', 'c', 'a']);
  assert.equal(results, ['a', 'b', 'c']);
});

test('no more files run at once than jobs allow', async () => {
  const waiting = ['a', 'b', 'c', 'd', 'e'].map((path) => [path, 1, 0] as const);
  const { together } = await scheduled(waiting, { jobs: 3, processors: 2 });
  assert.is(Math.max(...together.map((names) => names.length)), 3);
});

test('files that wait run beside one that works, and two that work do not meet', async () => {
  const { together } = await scheduled(
    [
      ['a', 9, 2],
      ['b', 8, 2],
      ['c', 7, 0.2],
    ],
    { jobs: 6, processors: 2.5 },
  );
  assert.ok(together.includes('ac'), together.join());
  assert.not.ok(together.some((names) => names.includes('ab')));
});

test('a file that was measured on a busy machine counts as on a quiet one', () => {
  assert.equal(quietDuration({ seconds: 50, busy: 0.2 }, 5), { seconds: 10, busy: 1 });
  assert.equal(quietDuration({ seconds: 10, busy: 1.2 }, 12), { seconds: 6, busy: 2 });
  assert.equal(quietDuration({ seconds: 150, busy: 0.1 }, 1), { seconds: 150, busy: 0.1 });
});

test('a file that asks to be alone runs after the others', async () => {
  const { started, together } = await scheduled(
    [
      ['a', 9, 0, true],
      ['b', 1, 0],
    ],
    { jobs: 6, processors: 2 },
  );
  assert.equal(started, ['b', 'a']);
  assert.equal(together, ['b', 'a']);
});

test('titles and reasons of failed tests are read from the output, with and without a suite', () => {
  const output = [
    '  \u001b[1m FAIL \u001b[22m "one: \u001b[31mtwo"',
    '    Expected values to be strictly equal:',
    '',
    '        \u001b[32m++2    (Expected)\u001b[39m',
    '          ^',
    '    at assert (file:///a.mjs:33:8)',
    '   FAIL  kernel  "says "no""',
  ].join('\n');
  const run = { output, end: 'exited', signal: null, begun: [] } as unknown as FileRun;
  assert.equal(failedTests(run), [
    { title: 'one: two', reason: ['Expected values to be strictly equal:', '++2    (Expected)'] },
    { title: 'says "no"', reason: [] },
  ]);
});

test('a file that was ended failed in the test that had begun last', () => {
  const begun = [
    { at: 1, title: 'one' },
    { at: 2, title: 'two' },
  ];
  const run = { output: '• ', end: 'hung', signal: 'SIGKILL', begun } as unknown as FileRun;
  assert.equal(failedTests(run), [{ title: 'two', reason: [] }]);
});

test('the command to run a file again carries tier, seed and count', () => {
  const options = readOptions(['--tier', 'campaign', '--seed', '7', '--count', '20']);
  const file = (tier: TieredFile['tier']) => ({ path: 'a.test.ts', tier }) as TieredFile;
  assert.is(
    againCommand(options, file('campaign')),
    'npm run test:campaign -- a.test.ts --count 20 --seed 7',
  );
  assert.is(againCommand(options, file('full')), 'npm test -- a.test.ts --seed 7');
  assert.is(againCommand(options, file('quick')), 'npm run test:quick -- a.test.ts --seed 7');
  assert.throws(() => readOptions(['--count', 'many']), '--count is a number');
  assert.throws(
    () => readOptions(['--tier', 'slow']),
    '--tier is one of quick, full, campaign, all.',
  );
});

test('limits grow with the slowest of what was measured, within bounds', () => {
  const { slowness, ...factors } = measureSpeed();
  assert.ok(slowness >= 1 && slowness <= 12, String(slowness));
  assert.is(slowness, Math.min(12, Math.max(1, ...Object.values(factors))));
});

test.run();
