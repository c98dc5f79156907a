/** Backoff, its limits, giving up, and clocks that jump. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CrashReport } from '../contract/status.ts';
import { reportCrash, waitUntil } from './crash-policy.ts';

const policy = { backoffInitialMs: 1000, backoffMaxMs: 8000, stableAfterMs: 60_000, maxCrashes: 6 };
const cause = { reason: 'signal', detail: 'x', exitCode: null, signal: 'SIGKILL' } as const;
const now = new Date('2026-01-01T00:00:00Z');

test('the wait doubles up to its limit, then the agent gives up', () => {
  let crash: CrashReport | null = null;
  const waits: (number | null)[] = [];
  for (let i = 0; i < 6; i++) {
    crash = reportCrash('id', cause, crash, policy, now);
    waits.push(crash.retryAt === null ? null : Date.parse(crash.retryAt) - now.getTime());
  }
  assert.equal(waits, [1000, 2000, 4000, 8000, 8000, null]);
  assert.is(crash?.gaveUp, true);
  assert.is(crash?.count, 6);
});

test('with no crashes allowed the first one ends it', () => {
  assert.is(reportCrash('id', cause, null, { ...policy, maxCrashes: 0 }, now).gaveUp, true);
});

test('a thousand crashes in a row still have a sensible wait', () => {
  const before = { ...reportCrash('id', cause, null, policy, now), count: 999 };
  const crash = reportCrash('id', cause, before, { ...policy, maxCrashes: 5000 }, now);
  assert.is(Date.parse(crash.retryAt!) - now.getTime(), 8000);
});

test('a clock that jumped neither delays for ever nor waits below zero', () => {
  assert.is(waitUntil('2027-01-01T00:00:00Z', policy, now), 8000);
  assert.is(waitUntil('2025-01-01T00:00:00Z', policy, now), 0);
  assert.is(waitUntil('2026-01-01T00:00:03Z', policy, now), 3000);
});

test.run();
