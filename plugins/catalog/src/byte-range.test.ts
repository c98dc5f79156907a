/** Ranges decide which bytes of an artifact go out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRange } from './byte-range.ts';

test('first to last, from one on, and the last so many', () => {
  assert.equal(parseRange('bytes=0-0', 10), { start: 0, end: 0 });
  assert.equal(parseRange('bytes=2-4', 10), { start: 2, end: 4 });
  assert.equal(parseRange('bytes=7-', 10), { start: 7, end: 9 });
  assert.equal(parseRange('bytes=-3', 10), { start: 7, end: 9 });
});

test('an end beyond the content means its end', () => {
  assert.equal(parseRange('bytes=5-100', 10), { start: 5, end: 9 });
  assert.equal(parseRange('bytes=-100', 10), { start: 0, end: 9 });
});

test('a range of nothing cannot be satisfied', () => {
  for (const header of ['bytes=10-', 'bytes=10-12', 'bytes=-0'])
    assert.is(parseRange(header, 10), 'unsatisfiable');
  assert.is(parseRange('bytes=-1', 0), 'unsatisfiable');
});

test('what is no single range of bytes is ignored', () => {
  for (const header of [
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=4-2',
    'bytes=0-1,3-4',
    'lines=1-2',
    'bytes=a-b',
    'bytes=-1-2',
    `bytes=${'9'.repeat(30)}-`,
  ]) {
    assert.is(parseRange(header, 10), null, String(header));
  }
});

test.run();
