/** Tags tell versions apart, however quickly one follows the other. */
import type { BigIntStats } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settled } from './entry.ts';

const changedAt = (time: number) => ({ ctimeMs: BigInt(time) }) as BigIntStats;

/** Looks at what says it changed at these times, one after the other. */
function lookAt(...times: number[]) {
  let looks = 0;
  const look = async () => changedAt(times[looks++] ?? Number.NaN);
  return { look, looks: () => looks };
}

test('what has just changed is looked at again before its tag is told', async () => {
  const soon = Date.now() + 60_000; // young however slow this test is
  const { look } = lookAt(soon, 2000);
  assert.is((await settled(look)).ctimeMs, 2000n);
});

test('what rests is looked at once, and what never does not for ever', async () => {
  const resting = lookAt(1000, 2000);
  assert.is((await settled(resting.look)).ctimeMs, 1000n);
  assert.is(resting.looks(), 1);
  const soon = Date.now() + 60_000;
  const restless = lookAt(soon, soon, soon, soon, soon);
  await settled(restless.look);
  assert.is(restless.looks(), 3);
  assert.is(await settled(async () => undefined), undefined);
});

test.run();
