/** Archives whose harm is their amount: of bytes, of entries, of names, of nothing at all. Small as they lie there. */
import { randomBytes } from 'node:crypto';
import { dressed, tarOf, zipOf } from '@zlh/agent/testing';
import type { Hostile } from './hostile.ts';

const MiB = 2 ** 20;
const tooMany = 200_001;

/** With a header that can be changed. */
async function oneEntry(type: 'file' | 'directory', name: string): Promise<Buffer> {
  return (await tarOf([{ name, type }])).subarray(0, 512);
}

function summed(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** A pax record about the next entry or, with type "g", about all of them. */
async function record(type: 'x' | 'g', key: string, value: string): Promise<Buffer> {
  const header = await oneEntry('file', 'pax');
  const text = ` ${key}=${value}\n`;
  const length = text.length + String(text.length + 8).length;
  const body = `${length}${text}`;
  header.write(type, 156);
  header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  return Buffer.concat([
    summed(header),
    Buffer.from(body),
    Buffer.alloc((512 - (body.length % 512)) % 512),
  ]);
}

/** Not to be squeezed, so that the ratio stays harmless. */
const ballast = () => ({ name: 'ballast', content: randomBytes(MiB) });
const withoutEnd = (tar: Buffer) => tar.subarray(0, -1024);

async function manyEntries(): Promise<Buffer> {
  const header = await oneEntry('directory', './');
  return Buffer.concat([withoutEnd(await tarOf([ballast()])), Buffer.alloc(512 * tooMany, header)]);
}

/** 40 links, each of nearly 4 MiB. */
async function longLinks(): Promise<Buffer> {
  const target = await record('x', 'linkpath', 'a'.repeat(4 * MiB - 100));
  const link = withoutEnd(await tarOf([{ name: 'l', type: 'symlink', linkname: 'a' }]));
  const each = Buffer.concat([target, link]);
  return Buffer.concat([
    withoutEnd(await tarOf([ballast()])),
    ...Array.from({ length: 40 }, () => each),
  ]);
}

async function manyNames(): Promise<Buffer> {
  const long = 'a'.repeat(4000);
  const linkpath = await record('x', 'linkpath', long);
  const header = withoutEnd(await tarOf([{ name: 'l000000', type: 'symlink', linkname: 'a' }]));
  const links = Array.from({ length: 4500 }, (_, at) => {
    const link = Buffer.from(header);
    link.write(String(at).padStart(6, '0'), 1);
    return Buffer.concat([linkpath, summed(link)]);
  });
  return Buffer.concat([withoutEnd(await tarOf([ballast()])), ...links]);
}

async function records(): Promise<Buffer> {
  const each = await record('g', 'comment', 'c'.repeat(4 * MiB - 100));
  return Buffer.concat(Array.from({ length: 17 }, () => each));
}

async function longName(): Promise<Buffer> {
  const name = await record('x', 'path', `${'/'.repeat(4 * MiB - 200)}x`);
  return Buffer.concat([name, await tarOf([{ name: 'f' }])]);
}

async function claimed(): Promise<Buffer> {
  const header = await oneEntry('file', 'f');
  header.fill(0, 124, 136);
  header[124] = 0x80;
  header.writeBigUInt64BE(100n * 2n ** 30n, 128);
  return summed(header);
}

type Kind = readonly [title: string, code: string, make: () => Promise<Buffer>, plain: boolean];
/** `plain`: harmful as a tar too, not only squeezed. */
const tars: readonly Kind[] = [
  ['more entries than it may', 'ENTRIES', manyEntries, true],
  ['links of megabytes', 'LINK_LONG', longLinks, true],
  ['more names than fit', 'NAMES', manyNames, true],
  ['a name of megabytes of slashes', 'PATH_LONG', longName, true],
  ['a file that claims 100 GiB', 'BYTES', claimed, true],
  ['records about nothing', 'RATIO', records, false],
  [
    'zeros behind its end',
    'RATIO',
    async () => Buffer.concat([await tarOf([{ name: 'f' }]), Buffer.alloc(70 * MiB)]),
    false,
  ],
];

/** Its directory is the same entry again and again. */
function zipOfMany(): Buffer {
  const one = zipOf([{ name: './', mode: 0o040755, method: 0 }]);
  const central = one.subarray(32, -22);
  const start = Buffer.concat([
    one.subarray(0, 32),
    Buffer.alloc(central.length * tooMany, central),
  ]);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(tooMany), 24);
  end64.writeBigUInt64LE(BigInt(tooMany), 32);
  end64.writeBigUInt64LE(BigInt(start.length - 32), 40);
  end64.writeBigUInt64LE(32n, 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(start.length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.from(one.subarray(-22));
  end.fill(0xff, 8, 20);
  return Buffer.concat([start, end64, locator, end]);
}

/** Many names for one piece of the archive: each entry's content is the same megabyte of nothing. */
function zipOfOverlaps(): Buffer {
  const entries = 400;
  const one = zipOf([{ name: '000', content: Buffer.alloc(MiB) }]);
  const [start, end] = [one.readUInt32LE(one.length - 6), one.length - 22];
  const directory = Array.from({ length: entries }, (_, at) => {
    const entry = Buffer.from(one.subarray(start, end));
    entry.write(String(at).padStart(3, '0'), 46);
    return entry;
  });
  const tail = Buffer.from(one.subarray(end));
  for (const at of [8, 10]) tail.writeUInt16LE(entries, at);
  tail.writeUInt32LE((end - start) * entries, 12);
  return Buffer.concat([one.subarray(0, start), ...directory, tail]);
}

export const bombs: readonly Hostile[] = [
  ...tars.flatMap(([title, code, make, plain]) =>
    Object.entries(dressed)
      .filter(([kind]) => plain || kind !== 'tar')
      .map(([kind, dress]): Hostile => ({
        title: `${kind}: ${title}`,
        code,
        make: async () => dress(await make()),
      })),
  ),
  { title: 'zip: entries that share their content', code: 'RATIO', make: zipOfOverlaps },
  { title: 'zip: more entries than it may', code: 'ENTRIES', make: zipOfMany },
  {
    title: 'zip: a file that claims 100 GiB',
    code: 'BYTES',
    make: () => zipOf([{ name: 'f', content: 'x', claimedSize: 100 * 2 ** 30 }]),
  },
  {
    title: 'zip: a name of slashes',
    code: 'PATH_LONG',
    make: () => zipOf([{ name: `${'/'.repeat(60_000)}x` }]),
  },
];
