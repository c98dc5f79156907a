/** Promises about memory that is needed no more: it is free soon, and nobody else is handed the means. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectYoung, releaseStartupHeap } from './gc.ts';

const MiB = 2 ** 20;

test('buffers that are handed on never pile up', () => {
  let most = 0;
  for (let at = 0; at < 20_000; at++) {
    collectYoung(Buffer.allocUnsafeSlow(16 * 1024).length);
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  assert.ok(most < 16 * MiB, `${most / MiB} MiB`);
});

test('what a start has left behind is given back', () => {
  fill();
  const before = process.memoryUsage().heapTotal;
  releaseStartupHeap();
  const after = process.memoryUsage().heapTotal;
  assert.ok(before > 80 * MiB && after < 40 * MiB, `${before / MiB} MiB, then ${after / MiB} MiB`);
});

function fill(): void {
  const kept: object[] = [];
  for (let at = 0; at < 1_000_000; at++) kept.push({ at, text: `${at}` });
}

test('the collector is out of reach', () => {
  collectYoung(8 * MiB);
  assert.not.ok('gc' in globalThis);
});

test.run();
