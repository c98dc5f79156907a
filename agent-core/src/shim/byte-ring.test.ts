/** The ring against writes of every size, at offsets that do not begin at zero. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ByteRing } from './byte-ring.ts';

/** `size` letters of the endless alphabet, beginning with letter number `from`. */
function letters(from: number, size: number): string {
  return Array.from({ length: size }, (_, i) => String.fromCharCode(97 + ((from + i) % 26))).join(
    '',
  );
}

test('the ring holds the last bytes at their offsets, whatever the sizes of writes', () => {
  let all = '';
  const ring = new ByteRing(16, 100);
  for (const size of [1, 5, 16, 3, 40, 0, 15, 2, 17, 7]) {
    const chunk = letters(all.length, size);
    all += chunk;
    ring.write(Buffer.from(chunk));
    assert.is(ring.end, 100 + all.length);
    assert.is(ring.start, Math.max(100, ring.end - 16));
    assert.is(ring.read(ring.start).toString(), all.slice(ring.start - 100));
  }
});

test('a read may begin anywhere and be bounded', () => {
  const ring = new ByteRing(8);
  ring.write(Buffer.from('abcdefghij'));
  assert.is(ring.read(4, 3).toString(), 'efg');
  assert.is(ring.read(9, 100).toString(), 'j');
  assert.is(ring.read(10).length, 0);
});

test('a read leaves the room it is asked for', () => {
  const ring = new ByteRing(8);
  ring.write(Buffer.from('abcdefghij'));
  const read = ring.read(4, 5, 3);
  assert.is(read.length, 8);
  assert.is(read.subarray(3).toString(), 'efghi');
});

test.run();
