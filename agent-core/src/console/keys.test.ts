/** Only keys that write or correct a line reach the game. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { filterKeys } from './keys.ts';

test('keys that write or correct a line pass', () => {
  for (const keys of ['say ü 🏰\r', 'x\u007f\b\u0015\u0017', '\t', '\u001b[A\u001bOB', '\n'])
    assert.equal(filterKeys(keys), { passed: keys, refused: false });
});

test('Ctrl-C takes the line back, every other control key is left out', () => {
  assert.equal(filterKeys('half\u0003'), { passed: 'half\u0015', refused: false });
  const passing = ['\b', '\t', '\n', '\r', '\u0003', '\u0015', '\u0017', '\u001b'];
  for (let code = 0; code < 0xa0; code++) {
    const key = String.fromCharCode(code);
    if ((code >= 0x20 && code < 0x80) || passing.includes(key)) continue;
    assert.equal(filterKeys(`a${key}b`), { passed: 'ab', refused: true }, `0x${code.toString(16)}`);
  }
});

test.run();
