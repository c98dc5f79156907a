/** Guarantees of the restart queue: at once for a notice, later for failures, and never more than its share. */
import { FakeClock } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maxPauseMs, minGapMs, RestartQueue } from './restart-queue.ts';

let clock: FakeClock;
let queue: RestartQueue;
/** When each instance was begun. */
let begun: Map<string, number[]>;
let outcome: (id: string) => Promise<void>;

test.before.each(() => {
  clock = new FakeClock();
  begun = new Map();
  outcome = () => Promise.resolve();
  queue = new RestartQueue({
    clock,
    work(id) {
      begun.set(id, [...(begun.get(id) ?? []), clock.now()]);
      return outcome(id);
    },
  });
});
test.after.each(() => queue.close());

const failing = () => Promise.reject(new Error('it does not start'));
const startsOf = (id: string) => begun.get(id) ?? [];
/** Between one start and the next. */
const gapsOf = (id: string) =>
  startsOf(id)
    .slice(1)
    .map((at, n) => at - startsOf(id)[n]!);

test('a notice is acted on at once, however often one came before', async () => {
  for (let n = 0; n < 20; n++) {
    queue.request('a');
    await clock.advance(0);
    assert.is(startsOf('a').length, n + 1);
    await clock.advance(minGapMs);
  }
});

test('an instance whose agent dies as soon as it is there is begun once a second', async () => {
  outcome = async (id) => queue.request(id);
  queue.request('a');
  await clock.advance(10 * minGapMs);
  assert.equal(
    gapsOf('a'),
    Array.from({ length: 10 }, () => minGapMs),
  );
});

test('each failure doubles the pause up to five minutes, and a notice does not shorten it', async () => {
  outcome = failing;
  queue.request('a');
  for (let n = 0; n < 2000; n++) {
    await clock.advance(1000);
    queue.request('a');
  }
  assert.equal(
    gapsOf('a'),
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300].map((seconds) => seconds * 1000),
  );
  assert.is(gapsOf('a').at(-1), maxPauseMs);
});

test('health ends a pause at once, and the next failure pauses as the first did', async () => {
  outcome = failing;
  queue.request('a');
  await clock.advance(40_000);
  const before = startsOf('a').length;
  queue.forgive('a');
  await clock.advance(1);
  assert.is(startsOf('a').length, before + 1);
  await clock.advance(minGapMs);
  assert.is(startsOf('a').length, before + 2);
});

test('a success forgives as health does', async () => {
  outcome = () => (startsOf('a').length === 5 ? Promise.resolve() : failing());
  queue.request('a');
  await clock.advance(20_000);
  assert.is(startsOf('a').length, 5);
  queue.request('a');
  await clock.advance(minGapMs);
  assert.equal(gapsOf('a').slice(-1), [minGapMs]);
});

test('a notice that comes while the instance is begun is acted on after it', async () => {
  const first = Promise.withResolvers<void>();
  outcome = () => (startsOf('a').length === 1 ? first.promise : Promise.resolve());
  queue.request('a');
  queue.request('a');
  await clock.advance(5 * minGapMs);
  assert.is(startsOf('a').length, 1);
  first.resolve();
  await clock.advance(minGapMs);
  assert.is(startsOf('a').length, 2);
  await clock.advance(10 * minGapMs);
  assert.is(startsOf('a').length, 2);
});

test('four are begun at a time, and those that never answer hold up the others for five seconds', async () => {
  const never = Promise.withResolvers<void>();
  outcome = (id) => (id.startsWith('bad') ? never.promise : Promise.resolve());
  for (let n = 0; n < 6; n++) queue.request(`bad ${n}`);
  queue.request('good');
  await clock.advance(4999);
  assert.is(begun.size, 4);
  await clock.advance(1);
  assert.is(startsOf('good').length, 1);
  never.resolve();
});

test('a queue that is closed begins nothing, and waits for what runs', async () => {
  const running = Promise.withResolvers<void>();
  outcome = () => running.promise;
  queue.request('a');
  await clock.advance(0);
  let closed = false;
  const closing = queue.close().then(() => (closed = true));
  queue.request('b');
  await clock.advance(60_000);
  assert.equal([closed, begun.has('b')], [false, false]);
  running.resolve();
  await closing;
});

test.run();
