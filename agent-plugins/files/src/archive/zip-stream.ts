/**
 * Writes a zip while its content is still being read: sizes and check sums follow each file (data descriptors), and
 * everything is in zip64 form, so that neither a file nor the archive may be too large. The format: APPNOTE.TXT 6.3.
 */
import { refusals, type Item } from '@zlh/agent/fs';
import { crc32, createDeflateRaw } from 'node:zlib';
import { pipeline } from 'node:stream';
import { Readable } from 'node:stream';

const UTF8_AND_DESCRIPTOR = 0x0808;
const VERSION = 45;
const UNIX = 3;
const DEFLATE = 8;
/** Its length has two bytes. */
const longestName = 0xffff;
const typeBits = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

interface Written {
  readonly name: Buffer;
  readonly item: Item;
  readonly method: number;
  readonly offset: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
}

export async function* zipStream(items: AsyncIterable<Item>): AsyncGenerator<Buffer> {
  const written: Written[] = [];
  let at = 0;
  for await (const item of items) {
    const name = Buffer.from(item.type === 'folder' ? `${item.name}/` : item.name);
    if (name.length > longestName) throw refusals.treeTooDeep(item.name);
    const method = item.type === 'file' ? DEFLATE : 0;
    const offset = at;
    const head = localHeader(name, method, item.modifiedAt);
    at += head.length;
    yield head;
    const sums = { crc: 0, size: 0, packed: 0 };
    for await (const chunk of contentOf(item, sums)) {
      sums.packed += chunk.length;
      yield chunk;
    }
    const tail = descriptor(sums);
    at += sums.packed + tail.length;
    yield tail;
    written.push({ name, item, method, offset, ...sums });
  }
  const start = at;
  for (const each of written) {
    const entry = centralEntry(each);
    at += entry.length;
    yield entry;
  }
  yield endOf(written.length, start, at - start);
}

function contentOf(item: Item, sums: { crc: number; size: number }): AsyncIterable<Buffer> {
  const counted = async function* () {
    for await (const chunk of item.type === 'link' ? [Buffer.from(item.target)] : item.read()) {
      sums.crc = crc32(chunk, sums.crc);
      sums.size += chunk.length;
      yield chunk;
    }
  };
  if (item.type !== 'file') return counted();
  const deflate = createDeflateRaw({ level: 3, chunkSize: 1 << 16 });
  pipeline(Readable.from(counted()), deflate, () => undefined); // the loop over it hears of an error
  return deflate;
}

function dosTime(time: Date): number {
  const year = Math.min(Math.max(time.getUTCFullYear(), 1980), 2107);
  const date = ((year - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock =
    (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return date * 65_536 + clock;
}

function localHeader(name: Buffer, method: number, time: Date): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(VERSION, 4);
  head.writeUInt16LE(UTF8_AND_DESCRIPTOR, 6);
  head.writeUInt16LE(method, 8);
  head.writeUInt32LE(dosTime(time), 10);
  // Sizes of all ones with a zip64 field: the descriptor then has sizes of eight bytes.
  head.writeUInt32LE(0xffffffff, 18);
  head.writeUInt32LE(0xffffffff, 22);
  head.writeUInt16LE(name.length, 26);
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(16, 2);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, name, extra]);
}

function descriptor({ crc, size, packed }: { crc: number; size: number; packed: number }): Buffer {
  const tail = Buffer.alloc(24);
  tail.writeUInt32LE(0x08074b50, 0);
  tail.writeUInt32LE(crc, 4);
  tail.writeBigUInt64LE(BigInt(packed), 8);
  tail.writeBigUInt64LE(BigInt(size), 16);
  return tail;
}

function centralEntry({ name, item, method, offset, crc, packed, size }: Written): Buffer {
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(UNIX * 256 + VERSION, 4);
  head.writeUInt16LE(VERSION, 6);
  head.writeUInt16LE(UTF8_AND_DESCRIPTOR, 8);
  head.writeUInt16LE(method, 10);
  head.writeUInt32LE(dosTime(item.modifiedAt), 12);
  head.writeUInt32LE(crc, 16);
  head.writeUInt32LE(0xffffffff, 20);
  head.writeUInt32LE(0xffffffff, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt32LE((typeBits[item.type] | item.mode) * 65_536, 38);
  head.writeUInt32LE(0xffffffff, 42);
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(size), 4);
  extra.writeBigUInt64LE(BigInt(packed), 12);
  extra.writeBigUInt64LE(BigInt(offset), 20);
  head.writeUInt16LE(extra.length, 30);
  return Buffer.concat([head, name, extra]);
}

function endOf(entries: number, start: number, length: number): Buffer {
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(UNIX * 256 + VERSION, 12);
  end64.writeUInt16LE(VERSION, 14);
  end64.writeBigUInt64LE(BigInt(entries), 24);
  end64.writeBigUInt64LE(BigInt(entries), 32);
  end64.writeBigUInt64LE(BigInt(length), 40);
  end64.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(start + length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entries, 0xffff), 8);
  end.writeUInt16LE(Math.min(entries, 0xffff), 10);
  end.writeUInt32LE(0xffffffff, 12);
  end.writeUInt32LE(0xffffffff, 16);
  return Buffer.concat([end64, locator, end]);
}
