/** Merging settings into a file its owner edits by hand. */
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readProperties } from '../testing/java-properties.ts';
import { randomFrom, testSeed } from '@zlh/kernel/testing';
import { mergeProperties } from './properties.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const merged = (existing: string, wanted: string) =>
  mergeProperties(latin1(existing), wanted).bytes.toString('latin1');

test('keys are replaced in place, new ones come last, the rest stays', () => {
  const mine = '#Minecraft\n\nmotd=Hello\nserver-port = 1\ndifficulty: easy\n';
  assert.is(
    merged(mine, 'server-port=25565\nenable-query=true\n'),
    '#Minecraft\n\nmotd=Hello\nserver-port=25565\ndifficulty: easy\nenable-query=true\n',
  );
});

test('a key is the same in every spelling Java knows', () => {
  assert.is(merged('a\\:b : 1\nc 2\n  d=3\n', 'a\\:b=x\nc=y\nd=z\n'), 'a\\:b=x\nc=y\nd=z\n');
  assert.is(merged('\\u0061\\\n  b\t1\n', 'ab=2'), 'ab=2\n');
});

test('a value that goes on in the next line is replaced whole', () => {
  assert.is(merged('motd=one\\\n  two\nport=1\n', 'motd=new\n'), 'motd=new\nport=1\n');
  assert.is(merged('path=C:\\\\\nport=1\n', 'port=2\n'), 'path=C:\\\\\nport=2\n');
  assert.is(merged('# ends with \\\nport=1\n', 'port=2\n'), '# ends with \\\nport=2\n');
});

test('a key that stood there twice is set once', () => {
  assert.is(merged('a=1\nb=2\na=3\n', 'a=9\n'), 'a=9\nb=2\n');
});

test('an empty or missing file takes the wanted keys', () => {
  assert.is(merged('', 'a=1\n#note\nb=2'), 'a=1\nb=2\n');
});

test('bytes that are no UTF-8 stay', () => {
  const existing = 'motd=\xa7a\n#\xff\xfe\nserver-port=1\n';
  assert.is(merged(existing, 'server-port=2'), 'motd=\xa7a\n#\xff\xfe\nserver-port=2\n');
});

test('each line keeps its own ending', () => {
  const existing = '#a\r\nport=1\r\nb=2\nc=3\rmotd=x';
  assert.is(merged(existing, 'port=2'), '#a\r\nport=2\r\nb=2\nc=3\rmotd=x');
  assert.is(merged(existing, 'motd=y'), '#a\r\nport=1\r\nb=2\nc=3\rmotd=y');
  assert.is(merged('a=1\r\nb=2', 'c=3'), 'a=1\r\nb=2\r\nc=3\r\n');
  assert.is(merged('a=1\r\nb=2\r\n', ''), 'a=1\r\nb=2\r\n');
});

test('a continuation that is open at the end of the file swallows no added key', () => {
  for (const existing of ['motd=x\\', 'motd=x\\\n', 'motd=x\\\n  ', '\\', '#x\\']) {
    const after = merged(existing, 'port=2');
    assert.ok(after.startsWith(existing), JSON.stringify(after));
    assert.is(readProperties(latin1(after)).values.get('port'), '2', JSON.stringify(after));
  }
});

test('a file that has the values already is not changed by a byte', () => {
  const existing = latin1('  port : 25565\r\nport=25565\nmotd=\\u0061');
  const { bytes, changed } = mergeProperties(existing, 'port=25565\nmotd=a\n');
  assert.is(bytes, existing);
  assert.equal(changed, []);
});

test('changed keys are named with the value that was found', () => {
  const { changed } = mergeProperties(
    latin1('port=1\nquery=false\n'),
    'port=2\nquery=false\nrcon=no',
  );
  assert.equal(changed, [
    { key: 'port', found: '1', value: '2' },
    { key: 'rcon', found: null, value: 'no' },
  ]);
});

test('a value of any characters is read back by Java as it was', () => {
  const value = ' \t#!=: ü§🎮 back\\slash';
  const wanted = `motd=\\ \\t#!=: ü§🎮 back\\\\slash`;
  assert.is(readProperties(latin1(merged('', wanted))).values.get('motd'), value);
});

// "EOL" stands for one kind of line break in each file.
const pieces =
  '\\|\\\\|EOL|\r\n|EOL|=|:| |\t|\f|#|!|\xa7|\xff|\0|port|motd|other|1|\\u0070ort|p\\EOL ort|motd=|EOLport=|\r\nmotd = '.split(
    '|',
  );

test(`in random files only lines of our keys change, and Java reads our values (seed ${testSeed})`, () => {
  const random = randomFrom(testSeed);
  const wanted = new Map([
    ['port', '25565'],
    ['motd', ' #\xfc'],
  ]);
  const isOurs = (key: string) => wanted.has(key);
  for (let round = 0; round < 5000; round++) {
    const length = Math.floor(random() * 24);
    const some = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]);
    // One kind of single break in a file: a CR and an LF that come together when a line goes would read as one.
    const text = some.join('').replaceAll('EOL', random() < 0.5 ? '\r' : '\n');
    const before = readProperties(latin1(text));
    const after = readProperties(
      mergeProperties(latin1(text), 'port=25565\nmotd=\\ #\\u00fc').bytes,
    );
    const name = `${JSON.stringify(text)} became ${JSON.stringify(after.text)}`;
    for (const [key, value] of wanted) assert.is(after.values.get(key), value, name);
    const others = ({ values }: typeof before) =>
      [...values].filter(([key]) => key !== '' && !isOurs(key));
    assert.equal(others(after), others(before), name);
    const [left, kept] = [after.without(isOurs), before.without(isOurs)];
    assert.ok(left.startsWith(kept) && /^[\r\n]*$/.test(left.slice(kept.length)), name);
    const again = mergeProperties(latin1(after.text), 'port=25565\nmotd=\\ #\\u00fc');
    assert.equal(again.changed, [], name);
  }
});

test('a megabyte of backslashes is merged at once', () => {
  const begun = performance.now();
  merged(`a=${'\\'.repeat(2 ** 20)}x\n`, 'port=2');
  assert.ok(performance.now() - begun < scaled(5000));
});

test.run();
