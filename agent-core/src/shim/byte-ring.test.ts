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
    assert.is(ring.readAll().toString(), all.slice(ring.start - 100));
  }
});

test('a copy may begin anywhere, and fills no more than there is room', () => {
  const ring = new ByteRing(8);
  ring.write(Buffer.from('abcdefghij'));
  const target = Buffer.from('------');
  assert.is(ring.copy(target, 3, 4), 3);
  assert.is(target.toString(), '---efg');
  assert.is(ring.copy(target, 0, 9), 1);
  assert.is(target.toString(), 'j--efg');
  assert.is(ring.copy(target, 0, 10), 0);
});

test.run();
