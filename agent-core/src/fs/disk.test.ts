/** Reservation is promised once, and looked at again while something large comes. */
import { tmpdir } from 'node:os';
import type { AgentGround } from '../contract/ground.ts';
import type { Refusal } from '../contract/refusal.ts';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Disk } from './disk.ts';

const MiB = 2 ** 20;

/** Of an instance that may take `diskMiB`; `used` can be said anew. `looked`: whether it was before. */
function diskOf(diskMiB: number, looked = true) {
  const at = (from: number, usedBytes: number, until = from) => ({ from, until, usedBytes });
  const first = Promise.withResolvers<void>();
  const ground = {
    spec: { limits: { diskMiB } },
    disk: looked ? at(0, 0) : null,
    diskLooked: () => first.promise,
    lookAtDisk: () => again.look(),
  };
  const uploads = { size: 0, arrived: 0 };
  const trash = { cleared: () => Promise.resolve() };
  const again = { look: () => Promise.resolve() };
  const disk = new Disk({
    ground: ground as unknown as AgentGround,
    state: tmpdir(),
    pending: () => uploads,
    cleared: () => trash.cleared(),
  });
  /** From when to when it was looked at. */
  const used = (bytes: number, from = performance.now(), until = performance.now()) => {
    ground.disk = at(from, bytes, until);
    first.resolve();
  };
  return { disk, used, uploads, trash, again };
}

const codeOf = async (work: Promise<unknown> | undefined) => {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return (error as Refusal).code;
  }
};

test('two that come at once do not get the same room', async () => {
  const { disk } = diskOf(8);
  const [first, second] = [disk.reserve(5 * MiB), disk.reserve(5 * MiB)];
  assert.equal(await Promise.all([codeOf(first), codeOf(second)]), ['no error', 'FILES_QUOTA']);
  (await first)[Symbol.dispose]();
  assert.is(await codeOf(disk.reserve(8 * MiB)), 'no error', 'what was refused holds nothing');
});

test('what was admitted is looked at again while it comes', async () => {
  const { disk, used } = diskOf(64);
  const room = await disk.reserve(40 * MiB);
  assert.is(await codeOf(room.grow(15 * MiB)), 'no error');
  used(60 * MiB);
  assert.is(room.grow(15.5 * MiB), undefined, 'not at every step');
  assert.is(await codeOf(room.grow(17 * MiB)), 'FILES_QUOTA');
});

test('the last room is given to work that does not know its size, too', async () => {
  const { disk } = diskOf(8);
  const room = await disk.reserve(0);
  assert.is(await codeOf(room.grow(5 * MiB)), 'no error');
  assert.is(await codeOf(room.grow(9 * MiB)), 'FILES_QUOTA');
});

test('an upload is looked at again, too, and holds its room once', async () => {
  const { disk, used, uploads } = diskOf(64);
  uploads.size = 60 * MiB;
  const room = await disk.reserve(0);
  assert.is(await codeOf(room.check(20 * MiB)), 'no error');
  used(10 * MiB);
  assert.is(await codeOf(room.check(40 * MiB)), 'FILES_QUOTA');
});

test('what is deleted makes room at once', async () => {
  const { disk } = diskOf(8);
  disk.recordAdded(8 * MiB);
  assert.is(await codeOf(disk.reserve(MiB)), 'FILES_QUOTA');
  disk.recordFreed(8 * MiB, performance.now());
  assert.is(await codeOf(disk.reserve(MiB)), 'no error');
});

test('what has just been deleted is waited for before something is refused', async () => {
  const { disk, trash } = diskOf(8);
  disk.recordAdded(8 * MiB);
  trash.cleared = async () => disk.recordFreed(8 * MiB, performance.now());
  assert.is(await codeOf(disk.reserve(MiB)), 'no error');
});

test('what was deleted before the folder was looked at is not taken off again', async () => {
  const { disk, used } = diskOf(8);
  const long = performance.now();
  used(8 * MiB, long + 1, long + 2);
  disk.recordFreed(8 * MiB, long);
  assert.is(await codeOf(disk.reserve(MiB)), 'FILES_QUOTA');
});

test('what changed during a look never makes more room than there is', async () => {
  const { disk, used } = diskOf(8);
  const from = performance.now();
  const since = performance.now();
  disk.recordAdded(6 * MiB);
  disk.recordFreed(6 * MiB, since);
  // The look met none of it, or all.
  used(0, from, performance.now() + 2);
  assert.is(await codeOf(disk.reserve(3 * MiB)), 'FILES_QUOTA');
  used(6 * MiB, from, performance.now() + 2);
  assert.is(await codeOf(disk.reserve(3 * MiB)), 'FILES_QUOTA');
});

test('nothing is refused for the limit before the folder was looked at once more', async () => {
  const { disk, used, again } = diskOf(8);
  disk.recordAdded(8 * MiB);
  // By the game itself, which tells nobody.
  again.look = async () => used(2 * MiB, performance.now() + 1, performance.now() + 1);
  assert.is(await codeOf(disk.reserve(6 * MiB)), 'no error');
});

test('before the first look nothing is admitted, and nothing refused for good', async () => {
  const { disk, used } = diskOf(8, false);
  const [small, large] = [codeOf(disk.reserve(MiB)), codeOf(disk.reserve(3 * MiB))];
  const patient = codeOf(disk.reserve(MiB, new AbortController().signal));
  used(6 * MiB);
  assert.equal(await Promise.all([small, large, patient]), ['no error', 'FILES_QUOTA', 'no error']);
  const given = new AbortController();
  const waiting = codeOf(diskOf(8, false).disk.reserve(MiB, given.signal));
  given.abort(Object.assign(new Error('given up'), { code: 'GIVEN_UP' }));
  assert.is(await waiting, 'GIVEN_UP');
  const without = diskOf(0, false).disk;
  assert.is(
    await codeOf(without.reserve(MiB)),
    'no error',
    'nothing to count where there is no limit',
  );
});

test.run();
