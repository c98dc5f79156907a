/** Archives for tests, hostile ones included: entries are written exactly as told. */
import { execFileSync } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';

export interface TarEntry extends Partial<Header> {
  readonly name: string;
  readonly content?: string | Buffer;
}

export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? '');
  archive.finalize();
  return buffer(archive);
}

export interface ZipEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** Unix mode with type bits; default a regular file. */
  readonly mode?: number;
  readonly flags?: number;
  readonly method?: number;
  /** Where it was made: 3 is Unix (default), 0 FAT, 10 NTFS. */
  readonly system?: number;
  /** Further fields behind the name in the central directory. */
  readonly extra?: Buffer;
  /** What the headers claim, when not the truth. */
  readonly claimedSize?: number;
}

/** Files are deflated unless `method` says otherwise. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const {
    name,
    content = '',
    mode = 0o100644,
    flags = 0x800,
    method = 8,
    system = 3,
    extra: more = Buffer.alloc(0),
    claimedSize,
  } of entries) {
    const plain = Buffer.from(content);
    const data = method === 8 ? deflateRawSync(plain) : plain;
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(plain), 10);
    common.writeUInt32LE(data.length, 14);
    const size = claimedSize ?? plain.length;
    common.writeUInt32LE(Math.min(size, 0xffffffff), 18);
    // Of what does not fit in four bytes a field behind the name tells.
    const extra = Buffer.alloc(size < 0xffffffff ? 0 : 12);
    if (extra.length > 0) {
      extra.writeUInt32LE(0x0008_0001, 0);
      extra.writeBigUInt64LE(BigInt(size), 4);
    }
    common.writeUInt16LE(nameBytes.length, 22);
    common.writeUInt16LE(extra.length, 24);
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      common,
      nameBytes,
      extra,
      data,
    ]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(mode * 65_536, 6);
    rest.writeUInt32LE(offset, 10);
    const head = [Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([20, system])];
    const central = Buffer.from(common);
    central.writeUInt16LE(extra.length + more.length, 24);
    centrals.push(Buffer.concat([...head, central, rest, nameBytes, extra, more]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** The dresses of a tar. */
export const dressed: Readonly<Record<string, (tar: Buffer) => Buffer>> = {
  tar: (tar) => tar,
  'tar.gz': (tar) => gzipSync(tar, { level: 1 }),
  'tar.zst': (tar) => zstdCompressSync(tar),
  'tar.xz': (tar) => execFileSync('xz', ['-1', '--stdout'], { input: tar, maxBuffer: 2 ** 30 }),
};
