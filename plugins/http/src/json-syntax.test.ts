/** Guarantees of the place in broken JSON: it is where the text stops being JSON, and never anywhere in a text that is. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findSyntaxFault, nestingOf } from './json-syntax.ts';

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const place = (text: string) => {
  const fault = findSyntaxFault(text);
  return fault && `${fault.line}:${fault.column} ${fault.expected}`;
};

test('the first fault is told with its line, its column and what is expected', () => {
  const cases: readonly [text: string, wanted: string][] = [
    ['', '1:1 a value'],
    ['{', '1:2 a name in double quotes'],
    ['{"a":1,}', '1:8 a name in double quotes'],
    ['{"a" 1}', '1:6 a colon'],
    ['{"a":1', '1:7 a comma or "}"'],
    ['[1 2]', '1:4 a comma or "]"'],
    ['[1,]', '1:4 a value'],
    ["{'a':1}", '1:2 a name in double quotes'],
    ['[01]', '1:3 a comma or "]"'],
    ['[1.]', '1:3 a comma or "]"'],
    ['[NaN]', '1:2 a value'],
    ['{"a":1}x', '1:8 nothing more'],
    ['{"a":"b', '1:8 a closing double quote'],
    ['{"a":"b\nc"}', '1:8 a control character in its escaped form'],
    ['["\\x"]', '1:3 a valid escape'],
    ['["\\u12"]', '1:3 a valid escape'],
    ['{\r\n  "a": tru\r\n}', '2:8 a value'],
  ];
  for (const [text, wanted] of cases) assert.is(place(text), wanted, text);
});

test('it agrees with JSON.parse on every text that is one edit away from JSON', () => {
  const sound = '{"a":[1,-2.5e+3,true,null,{"b\\n\\u00e9":"\\"x"}], "c" : {} , "d":[ ]}';
  const alphabet = [
    '',
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '0',
    '-',
    '.',
    'e',
    't',
    ' ',
    '\n',
    '\t',
  ];
  let broken = 0;
  for (let at = 0; at <= sound.length; at++) {
    for (const piece of alphabet) {
      for (const cut of [0, 1]) {
        const text = sound.slice(0, at) + piece + sound.slice(at + cut);
        const fault = findSyntaxFault(text);
        assert.is(fault === null, isJson(text), text);
        if (fault !== null) broken++;
      }
    }
  }
  assert.ok(broken > 1000);
});

test('nesting is counted in lists and objects, and in no text', () => {
  for (const [text, depth] of [
    ['1', 0],
    ['"[[["', 0],
    ['"\\"[["', 0],
    ['[{"a":[1]},[2]]', 3],
    ['[[[[', 4],
    [']]][[', 0],
  ] as const)
    assert.is(nestingOf(Buffer.from(text)), depth, text);
});

test.run();
