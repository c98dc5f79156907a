/** Names of zips as their makers wrote them: macOS, Windows, Japanese and Chinese ones. */
import { crc32 } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipNames, type RawName } from './zip-names.ts';

type Given = Partial<Omit<RawName, 'bytes'>>;
const raw = (bytes: string | Buffer, given: Given = {}): RawName => ({
  bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
  isMarkedUtf8: false,
  extraFields: [],
  isDos: false,
  ...given,
});

function read(...all: readonly RawName[]): string[] {
  const names = new ZipNames();
  for (const name of all) names.add(name);
  return all.map((name) => names.textOf(name));
}

const utf8 = (text: string) => Buffer.from(text);

test('bytes that are UTF-8 are read as UTF-8 without the mark', () => {
  assert.equal(read(raw(utf8('Überwelt/Größe 🎮.txt'))), ['Überwelt/Größe 🎮.txt']);
});

test('other bytes are read by code page 437, but control bytes stay', () => {
  assert.equal(read(raw('\x81ber/gr\x94\xe1e')), ['über/größe']);
  assert.equal(read(raw('\x01\x1f\x7f\x81')), ['\x01\x1f\x7fü']);
});

test('a Unicode field counts where its sum is right', () => {
  const field = (name: string, path: Buffer) => {
    const head = Buffer.alloc(5);
    head[0] = 1;
    head.writeUInt32LE(crc32(Buffer.from(name, 'latin1')), 1);
    return [{ id: 0x7075, data: Buffer.concat([head, path]) }];
  };
  assert.equal(read(raw('\x81', { extraFields: field('\x81', utf8('ж')) })), ['ж']);
  assert.equal(read(raw('\x81', { extraFields: field('another', utf8('ж')) })), ['ü']);
  assert.equal(read(raw('\x81', { extraFields: field('\x81', Buffer.from([0xff])) })), ['ü']);
});

test('a backslash parts names that were made on FAT or NTFS, or where no name has a slash', () => {
  assert.equal(read(raw('a\\b.txt', { isDos: true }), raw('c/d')), ['a/b.txt', 'c/d']);
  assert.equal(read(raw('a\\b\\c.txt'), raw('dir\\')), ['a/b/c.txt', 'dir/']);
  assert.equal(read(raw('a\\b'), raw('c/d')), ['a\\b', 'c/d']);
  assert.equal(read(raw('C:\\evil.txt'), raw('..\\..\\evil.txt')), [
    '/C:/evil.txt',
    '../../evil.txt',
  ]);
});

test('a backslash that ends a character of two bytes is a part of it', () => {
  assert.equal(read(raw('\x95\x5c.txt')), ['表.txt']);
  assert.equal(read(raw('\xd5\x5c.txt')), [
    '誠.txt'.replace('誠', new TextDecoder('gbk').decode(Buffer.from([0xd5, 0x5c]))),
  ]);
  assert.equal(read(raw('\x95\x5c\\\x95\x5c', { isDos: true })), ['表/表']);
  assert.equal(read(raw('\x95\x5c/a'), raw('\x93\xfa\x96\x7b')), ['表/a', '日本']);
});

test('a backslash behind a letter of a code page parts, where the rest is no Shift-JIS and no GBK', () => {
  assert.equal(read(raw('caf\x82\\a'), raw('\x82.txt')), ['café/a', 'é.txt']);
});

test.run();
