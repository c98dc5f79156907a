/** Guarantees of beats: one that stands still is found, one that goes on is not, and no wall clock counts. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BeatWatch } from './beat-watch.ts';
import { FakeClock } from './testing/fake-clock.ts';

const leaseMs = 15_000;
const sweepMs = 500;
let clock: FakeClock;
let watch: BeatWatch<number>;
let beats: Map<number, number>;

test.before.each(() => {
  clock = new FakeClock();
  watch = new BeatWatch(clock, leaseMs);
  beats = new Map([
    [1, 0],
    [2, 0],
  ]);
});

const look = () =>
  watch
    .look([...beats].map(([key, count]) => ({ key, beat: String(count) })))
    .map(({ key }) => key);
const beat = (number: number) => beats.set(number, beats.get(number)! + 1);

/** Looks as the worker does; answers what was found over in that time. */
async function lookFor(ms: number, alive: readonly number[]): Promise<number[]> {
  const over = new Set<number>();
  for (let passed = 0; passed < ms; passed += sweepMs) {
    if (passed % 5000 === 0) for (const number of alive) beat(number);
    for (const number of look()) over.add(number);
    await clock.advance(sweepMs);
  }
  return [...over];
}

test('a worker that beats keeps its lease, one that stands still loses it within a second of its end', async () => {
  assert.equal(await lookFor(600_000, [1, 2]), []);
  beat(2);
  assert.equal(await lookFor(leaseMs - 500, [1]), []);
  assert.equal(await lookFor(1500, [1]), [2]);
});

test('a watcher that was frozen itself takes nobody for dead, not even with everybody frozen beside it', async () => {
  await lookFor(5000, [1, 2]);
  await clock.advance(3_600_000);
  assert.equal(look(), [], 'the first look after a thaw');
  assert.equal(await lookFor(60_000, [1, 2]), []);
});

test('a worker that comes back before its lease is over begins a whole one', async () => {
  await lookFor(5000, [1, 2]);
  assert.equal(await lookFor(10_000, [1]), []);
  beat(2);
  assert.equal(await lookFor(10_000, [1]), []);
});

test('a watcher that has just started waits for a whole lease', async () => {
  assert.equal(await lookFor(leaseMs - 500, []), []);
  assert.equal(await lookFor(1000, []), [1, 2]);
});

test.run();
