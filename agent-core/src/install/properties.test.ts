/** Merging settings into a file its owner edits by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mergeProperties } from './properties.ts';

test('keys are replaced in place, new ones come last, the rest stays', () => {
  const mine = '#Minecraft\n\nmotd=Hello\nserver-port = 1\ndifficulty: easy\n';
  assert.is(
    mergeProperties(mine, 'server-port=25565\nenable-query=true\n'),
    '#Minecraft\n\nmotd=Hello\nserver-port=25565\ndifficulty: easy\nenable-query=true\n',
  );
});

test('a key is the same in every spelling Java knows', () => {
  assert.is(
    mergeProperties('a\\:b : 1\nc 2\n  d=3\n', 'a\\:b=x\nc=y\nd=z\n'),
    'a\\:b=x\nc=y\nd=z\n',
  );
});

test('a value that goes on in the next line is replaced whole', () => {
  assert.is(mergeProperties('motd=one\\\n  two\nport=1\n', 'motd=new\n'), 'motd=new\nport=1\n');
  assert.is(mergeProperties('path=C:\\\\\nport=1\n', 'port=2\n'), 'path=C:\\\\\nport=2\n');
  assert.is(mergeProperties('# ends with \\\nport=1\n', 'port=2\n'), '# ends with \\\nport=2\n');
});

test('a key that stood there twice is set once', () => {
  assert.is(mergeProperties('a=1\nb=2\na=3\n', 'a=9\n'), 'a=9\nb=2\n');
});

test('an empty or missing file takes the wanted keys', () => {
  assert.is(mergeProperties('', 'a=1\n#note\nb=2'), 'a=1\nb=2\n');
  assert.is(mergeProperties('a=1\r\nb=2\r\n', ''), 'a=1\nb=2\n');
});

test.run();
