/** Room is promised once, and looked at again while something large comes. */
import { tmpdir } from 'node:os';
import type { AgentGround, Refusal } from '@zlh/agent';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Disk } from './disk.ts';

const MiB = 2 ** 20;

/** Of an instance that may take `diskMiB`; `used` can be said anew. `looked`: whether it was before. */
function diskOf(diskMiB: number, looked = true) {
  const at = (time: Date, usedBytes: number) => ({
    at: time.toISOString(),
    usedBytes,
    freeBytes: 0,
  });
  const first = Promise.withResolvers<void>();
  const ground = {
    spec: { limits: { diskMiB } },
    disk: looked ? at(new Date(0), 0) : null,
    diskLooked: () => first.promise,
  };
  const uploads = { size: 0, arrived: 0 };
  const trash = { cleared: () => Promise.resolve() };
  const disk = new Disk({
    ground: ground as unknown as AgentGround,
    state: tmpdir(),
    pending: () => uploads,
    cleared: () => trash.cleared(),
  });
  const used = (bytes: number) => {
    ground.disk = at(new Date(), bytes);
    first.resolve();
  };
  return { disk, used, uploads, trash };
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
  const [first, second] = [disk.hold(5 * MiB), disk.hold(5 * MiB)];
  assert.equal(await Promise.all([codeOf(first), codeOf(second)]), ['no error', 'FILES_QUOTA']);
  (await first)[Symbol.dispose]();
  assert.is(await codeOf(disk.hold(8 * MiB)), 'no error', 'what was refused holds nothing');
});

test('what was admitted is looked at again while it comes', async () => {
  const { disk, used } = diskOf(64);
  const room = await disk.hold(40 * MiB);
  assert.is(await codeOf(room.grow(15 * MiB)), 'no error');
  used(60 * MiB);
  assert.is(room.grow(15.5 * MiB), undefined, 'not at every step');
  assert.is(await codeOf(room.grow(17 * MiB)), 'FILES_QUOTA');
});

test('the last room is given to work that does not know its size, too', async () => {
  const { disk } = diskOf(8);
  const room = await disk.hold(0);
  assert.is(await codeOf(room.grow(5 * MiB)), 'no error');
  assert.is(await codeOf(room.grow(9 * MiB)), 'FILES_QUOTA');
});

test('an upload is looked at again, too, and holds its room once', async () => {
  const { disk, used, uploads } = diskOf(64);
  uploads.size = 60 * MiB;
  const room = await disk.hold(0);
  assert.is(await codeOf(room.check(20 * MiB)), 'no error');
  used(10 * MiB);
  assert.is(await codeOf(room.check(40 * MiB)), 'FILES_QUOTA');
});

test('what is deleted makes room at once', async () => {
  const { disk } = diskOf(8);
  disk.wrote(8 * MiB);
  assert.is(await codeOf(disk.hold(MiB)), 'FILES_QUOTA');
  disk.wrote(-8 * MiB);
  assert.is(await codeOf(disk.hold(MiB)), 'no error');
});

test('what has just been deleted is waited for before something is refused', async () => {
  const { disk, trash } = diskOf(8);
  disk.wrote(8 * MiB);
  trash.cleared = async () => disk.wrote(-8 * MiB);
  assert.is(await codeOf(disk.hold(MiB)), 'no error');
});

test('what was deleted before the folder was looked at is not taken off again', async () => {
  const { disk, used } = diskOf(8);
  const long = Date.now() - 1000;
  used(8 * MiB);
  disk.wrote(-8 * MiB, long);
  assert.is(await codeOf(disk.hold(MiB)), 'FILES_QUOTA');
});

test('before the first look nothing is admitted, and nothing refused for good', async () => {
  const { disk, used } = diskOf(8, false);
  const [small, large] = [codeOf(disk.hold(MiB)), codeOf(disk.hold(3 * MiB))];
  const patient = codeOf(disk.hold(MiB, new AbortController().signal));
  used(6 * MiB);
  assert.equal(await Promise.all([small, large, patient]), ['no error', 'FILES_QUOTA', 'no error']);
  const given = new AbortController();
  const waiting = codeOf(diskOf(8, false).disk.hold(MiB, given.signal));
  given.abort(Object.assign(new Error('given up'), { code: 'GIVEN_UP' }));
  assert.is(await waiting, 'GIVEN_UP');
  const without = diskOf(0, false).disk;
  assert.is(
    await codeOf(without.hold(MiB)),
    'no error',
    'nothing to count where there is no limit',
  );
});

test.run();
