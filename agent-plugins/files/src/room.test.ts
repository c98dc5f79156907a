/** Room is promised once, and looked at again while something large comes. */
import { tmpdir } from 'node:os';
import type { AgentGround, Refusal } from '@zlh/agent';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Disk } from './disk.ts';

const MiB = 2 ** 20;

/** Of an instance that may take `diskMiB`; `used` can be said anew. */
function diskOf(diskMiB: number) {
  const ground = {
    spec: { limits: { diskMiB } },
    disk: { at: new Date(0).toISOString(), usedBytes: 0, freeBytes: 0 },
  };
  const uploads = { size: 0, arrived: 0 };
  const disk = new Disk(ground as unknown as AgentGround, tmpdir(), () => uploads);
  const used = (bytes: number) => {
    ground.disk = { ...ground.disk, at: new Date().toISOString(), usedBytes: bytes };
  };
  return { disk, used, uploads };
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

test.run();
