/** The capacity of a machine follows from its size and from the settings of its host. */
import { tmpdir } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { forInstances, machineOf } from './capacity.ts';

const machine = { memoryMiB: 24_000, diskMiB: 100_000, freeDiskMiB: 40_000 };
const settings = { overcommit: { memory: 1, disk: 3 }, headroom: { diskMiB: 1024 } };

test('a tenth of the memory stays with the host, and half a GiB of a small machine', () => {
  assert.is(forInstances(machine, settings).memoryMiB, 21_600);
  assert.is(forInstances({ ...machine, memoryMiB: 2048 }, settings).memoryMiB, 1536);
  assert.is(forInstances({ ...machine, memoryMiB: 256 }, settings).memoryMiB, 0);
});

test('the host decides what it keeps and how often it promises the rest', () => {
  const own = { overcommit: { memory: 1.5, disk: 1 }, headroom: { memoryMiB: 4000, diskMiB: 0 } };
  assert.equal(forInstances(machine, own), {
    memoryMiB: 30_000,
    diskMiB: 100_000,
    freeDiskMiB: 40_000,
  });
});

test('a disk that lacks what the host keeps says how much', () => {
  assert.is(forInstances({ ...machine, freeDiskMiB: 1000 }, settings).freeDiskMiB, -24);
});

test('the machine is measured in whole MiB, and its memory is no more than its group may use', () => {
  const { memoryMiB, diskMiB, freeDiskMiB } = machineOf(tmpdir());
  for (const amount of [memoryMiB, diskMiB, freeDiskMiB]) assert.ok(Number.isInteger(amount));
  assert.ok(memoryMiB > 0 && memoryMiB * 2 ** 20 <= (process.constrainedMemory() || Infinity));
  assert.ok(freeDiskMiB <= diskMiB);
});

test.run();
