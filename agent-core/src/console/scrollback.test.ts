/** The end of a stream in slabs: what is kept, and that nothing handed out ever changes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Scrollback, SLAB_BYTES } from './scrollback.ts';

const MOST = 4 * SLAB_BYTES;

function append(past: Scrollback, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += past.append(bytes.subarray(at)).taken;
}

function readAll(past: Scrollback, from: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = from; at < past.end; at += parts.at(-1)!.length) parts.push(past.read(at));
  return Buffer.concat(parts);
}

/** Bytes that tell their offset. */
function bytesAt(offset: number, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => ((offset + i) * 2_654_435_761) >>> 24));
}

test('the last bytes are kept at their offsets, whatever the sizes of writes', () => {
  const past = new Scrollback(MOST);
  for (const size of [1, 70_000, 65_535, 1, 0, 300_000, 13, 65_536, 999_999]) {
    const before = past.end;
    append(past, bytesAt(before, size));
    assert.is(past.end, before + size);
    const kept = past.end - past.start;
    assert.ok(kept >= Math.min(past.end, MOST) && kept < MOST + 2 * SLAB_BYTES, `${kept}`);
    assert.ok(readAll(past, past.start).equals(bytesAt(past.start, kept)));
  }
});

test('what was handed out stays as it was', () => {
  const past = new Scrollback(MOST);
  append(past, bytesAt(0, 1_000));
  const early = past.read(10);
  append(past, bytesAt(1_000, 20 * SLAB_BYTES));
  assert.ok(early.equals(bytesAt(10, 990)));
});

test('small output holds one slab', () => {
  const past = new Scrollback(MOST);
  for (let i = 0; i < 100; i++) append(past, bytesAt(i * 10, 10));
  assert.is(past.read(0).length, 1_000);
  assert.is(past.read(500).buffer, past.read(0).buffer);
});

test('what is skipped is forgotten', () => {
  const past = new Scrollback(MOST);
  append(past, Buffer.from('abc'));
  past.skipTo(50);
  assert.equal([past.start, past.end], [50, 50]);
  append(past, Buffer.from('xyz'));
  assert.equal([past.start, past.end, past.read(50).toString()], [50, 53, 'xyz']);
});

test.run();
