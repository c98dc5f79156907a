/** The parts of a verdict that need no process. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readRequests } from './discover.ts';
import { schedule } from './schedule.ts';
import { readSummary } from './summary.ts';

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
  });
  assert.equal(readRequests('a', `${'\n'.repeat(30)}// alone`), { limitMs: 120_000, alone: false });
});

test('no more tasks run at once than allowed, and results keep the order', async () => {
  let now = 0;
  let most = 0;
  const tasks = [3, 1, 2, 4].map((id) => ({ id, alone: id === 1 }));
  const results = await schedule(tasks, 2, async ({ id }) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    now -= 1;
    return id;
  });
  assert.is(most, 2);
  assert.equal(results, [3, 1, 2, 4]);
});

test.run();
