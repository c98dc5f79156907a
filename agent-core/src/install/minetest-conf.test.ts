/** Keys of a minetest.conf are set as Luanti reads them, and nothing else of the file changes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { minetestConf } from './minetest-conf.ts';
import { mergeProperties } from './properties.ts';

const merged = (existing: string, wanted = 'port = 2\n') => {
  const { bytes, changed } = mergeProperties(Buffer.from(existing, 'latin1'), wanted, minetestConf);
  return [bytes.toString('latin1'), changed.map(({ key }) => key).join(' ')];
};

test('a value of several lines stays, also where a line of it looks like the key', () => {
  const motd = 'motd = """\nWelcome\n# no comment\nport = 1\n"""\n';
  assert.equal(merged(`${motd}port = 1\n`), [`${motd}port = 2\n`, 'port']);
  assert.equal(merged(motd), [`${motd}port = 2\n`, 'port']);
  assert.equal(merged(`${motd}port=2`), [`${motd}port=2`, '']);
});

test('an entry of a group is not the key of the same name', () => {
  const text = '  text = """\n}\n"""\n';
  const group = `noise = {\n  port = 1\n${text}  inner = {\n    port = 3\n  }\n}\n`;
  assert.equal(merged(`${group}port = 1\n`), [`${group}port = 2\n`, 'port']);
});

test('a value that nothing closes is closed before a new key, and keeps its text', () => {
  assert.is(merged('motd = """\nport = 1')[0], 'motd = """\nport = 1\n"""\nport = 2\n');
  assert.is(merged('a = {\n b = """\nx\n')[0], 'a = {\n b = """\nx\n"""\n}\nport = 2\n');
});

test('backslashes, carriage returns and other bytes stay as they are', () => {
  const mine = 'path = C:\\maps\\\r\n  port : x\r\nname = f\xfcr\r\n';
  assert.is(merged(`${mine}port = 1\r\n`)[0], `${mine}port = 2\r\n`);
  assert.is(merged('# port = 1\n')[0], '# port = 1\nport = 2\n');
});

test('a key that stands there twice is set once', () => {
  assert.is(merged('port = 1\na = 1\nport = 3\n')[0], 'port = 2\na = 1\n');
  assert.is(merged('port = """\n1\n"""\n')[0], 'port = 2\n');
});

test.run();
