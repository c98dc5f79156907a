/** A command of the platform and a half line of a viewer do not mix. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HalfLine } from './half-line.ts';

test('where nobody is typing, a command goes as it is', () => {
  const half = new HalfLine();
  assert.is(half.around('list'), 'list\r');
  half.typed('say hi\r');
  half.typed('a\nb\r\n');
  assert.is(half.around('list'), 'list\r');
});

test('a half line is taken back and typed again', () => {
  const half = new HalfLine();
  half.typed('help\rsa');
  half.typed('y h');
  for (let each = 0; each < 2; each++) assert.is(half.around('list'), '\u0015list\rsay h');
  half.typed('i\r');
  assert.is(half.around('list'), 'list\r');
});

test('what cannot be typed again is taken back only, and so is what has no end', () => {
  for (const keys of ['sa\u007f', '\u001b[A', 'he\t', '\u0003', 'x'.repeat(1_025)]) {
    const half = new HalfLine();
    half.typed(keys);
    half.typed('more');
    assert.is(half.around('list'), '\u0015list\r', JSON.stringify(keys));
    assert.is(half.around('list'), 'list\r');
  }
});

test.run();
