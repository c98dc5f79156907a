/** Promises of the limiter: the last minute counts, memory is bounded, and an IPv6 customer is one caller. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addressKey, Limiter } from './limiter.ts';

function limited(perMinute: number, maxKeys?: number) {
  const clock = { now: 0 };
  return { clock, limiter: new Limiter(perMinute, () => clock.now, maxKeys) };
}
const takeMany = (limiter: Limiter, caller: string, times: number) =>
  Array.from({ length: times }, () => limiter.take(caller)).filter((wait) => wait === 0).length;

test('a caller gets so many in a minute and is told how long to wait', () => {
  const { clock, limiter } = limited(3);
  assert.is(takeMany(limiter, 'a', 5), 3);
  clock.now = 15_000;
  assert.is(limiter.take('a'), 45);
  assert.is(limiter.peek('a'), 45);
});

test('callers do not count for each other', () => {
  const { limiter } = limited(1);
  assert.is(limiter.take('a'), 0);
  assert.is(limiter.take('b'), 0);
});

test('a burst at the end of one minute still counts at the beginning of the next', () => {
  const { clock, limiter } = limited(10);
  clock.now = 59_000;
  assert.is(takeMany(limiter, 'a', 10), 10);
  clock.now = 61_000;
  assert.is(takeMany(limiter, 'a', 10), 1);
  clock.now = 90_000;
  assert.is(takeMany(limiter, 'a', 20), 4, 'half of the last minute lies behind');
});

test('after two quiet minutes everything is free again', () => {
  const { clock, limiter } = limited(2);
  takeMany(limiter, 'a', 2);
  clock.now = 200_000;
  assert.is(takeMany(limiter, 'a', 3), 2);
});

test('looking does not count', () => {
  const { limiter } = limited(1);
  for (let i = 0; i < 10; i++) assert.is(limiter.peek('a'), 0);
  assert.is(limiter.take('a'), 0);
});

test('callers beyond the bound share one count instead of taking memory', () => {
  const { limiter } = limited(2, 3);
  assert.is(['a', 'b', 'c', 'd', 'e'].filter((caller) => limiter.take(caller) === 0).length, 5);
  assert.ok(limiter.take('f') > 0, 'd, e and f are one');
  assert.is(limiter.take('a'), 0, 'who was counted before still is');
});

test('all addresses of one IPv6 network are one caller', () => {
  assert.is(addressKey('2001:db8:1:2:3:4:5:6'), addressKey('2001:db8:1:2::9'));
  assert.is.not(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:3::1'));
  assert.is(addressKey('::1'), '0:0:0:0::/64');
  assert.is(addressKey('::ffff:10.0.0.7'), '10.0.0.7');
  assert.is(addressKey('10.0.0.7'), '10.0.0.7');
});

test.run();
