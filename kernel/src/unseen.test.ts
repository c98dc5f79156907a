/** Guarantees of names: nothing in one is unseen, and a text from elsewhere shows what it holds. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { holdsUnseen, visibleText, showUnseen } from './unseen.ts';

const pattern = new RegExp(visibleText.pattern, 'u');
const unseen = [
  0x00, 0x1b, 0x7f, 0x9b, 0xad, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
  0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff,
].map((code) => String.fromCharCode(code));

test('a name with an unseen character is refused, wherever in the name it stands', () => {
  for (const character of unseen)
    for (const name of [`${character}a`, `a${character}b`, `a${character}`, character]) {
      assert.not.ok(pattern.test(name), JSON.stringify(name));
      assert.ok(holdsUnseen(name));
      assert.not.ok(holdsUnseen(showUnseen(name)));
    }
  assert.is(showUnseen('photo\u202egpj.exe'), 'photo\\u202egpj.exe');
});

test('names in all scripts are taken, a name of spaces alone is not', () => {
  const names = ['My server', 'Überwelt', 'خادم', 'שרת', 'サーバー', '服务器', 'it is 🎮', ' a '];
  for (const name of names) {
    assert.ok(pattern.test(name), name);
    assert.is(showUnseen(name), name);
  }
  for (const name of ['', ' ', ' \u3000 ']) assert.not.ok(pattern.test(name), JSON.stringify(name));
});

test('a long name takes no long time', () => {
  const began = performance.now();
  assert.not.ok(pattern.test(`${' '.repeat(500_000)}\u202e`));
  assert.not.ok(pattern.test(`${'x'.repeat(500_000)}\u202e`));
  assert.ok(performance.now() - began < 2000);
});

test.run();
