/** Guarantees of the supervisor: a server that ended runs again, and one that cannot start is not hammered. */
import { FakeClock } from '@zlh/kernel/testing';
import type { Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Supervisor } from './supervisor.ts';

const log = { info: () => undefined, error: () => undefined } as unknown as Logger;
let clock: FakeClock;
let supervisor: Supervisor;
let runs: boolean;
let broken: boolean;
let restarts: number[];

test.before.each(() => {
  clock = new FakeClock();
  [runs, broken, restarts] = [true, false, []];
  const restart = async () => {
    restarts.push(clock.now());
    if (broken) throw new Error('no space');
    runs = true;
  };
  supervisor = new Supervisor({ clock, log, server: { isRunning: () => runs, restart } });
  supervisor.begin();
});
test.after.each(() => supervisor.end());

const gaps = () => restarts.slice(1).map((at, n) => at - restarts[n]!);

test('a server that is killed again and again runs again within a second and a quarter, each time', async () => {
  for (let n = 0; n < 20; n++) {
    runs = false;
    const killedAt = clock.now();
    await clock.advance(1250);
    assert.ok(runs, `killed for the ${n + 1}. time at ${killedAt}`);
  }
  assert.ok(gaps().every((gap) => gap >= 1000));
});

test('a server that does not start is tried less and less often, and a success forgives', async () => {
  broken = true;
  runs = false;
  await clock.advance(200_000);
  assert.equal(
    gaps().slice(0, 7),
    [1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1000),
  );
  broken = false;
  await clock.advance(30_000);
  assert.ok(runs);
  runs = false;
  await clock.advance(1000);
  assert.ok(runs);
});

test('a supervisor that ended starts nothing', async () => {
  await supervisor.end();
  runs = false;
  await clock.advance(60_000);
  assert.equal(restarts, []);
});

test.run();
