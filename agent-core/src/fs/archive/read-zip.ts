/** Reads a zip into an extractor, from an open file. yauzl checks the sizes that the headers promise; the sums are checked here. */
import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import {
  fromRandomAccessReader,
  getFileNameLowLevel,
  RandomAccessReader,
  type Entry,
  type Options,
  type ZipFile,
} from 'yauzl';
import { quoted } from '../errors.ts';
import { textOf } from '../names.ts';
import { errors } from './errors.ts';
import type { ArchiveExtractor } from './archive-extractor.ts';

/** Of version 3, which the types do not know yet. */
declare module 'yauzl' {
  interface Entry {
    readonly fileNameRaw: Buffer;
  }
  interface ZipFile {
    entriesRead: number;
  }
  function getFileNameLowLevel(
    flags: number,
    name: Buffer,
    extraFields: Entry['extraFields'],
    strictFileNames: boolean,
  ): string;
}

const TYPE = 0o170_000;
const SYMLINK = 0o120_000;
const FOLDER = 0o040_000;
const REGULAR = 0o100_000;
const longestLink = 4096;
const ENCRYPTED = 1;
const UTF8 = 0x800;

type Done<T> = (error: Error | null, value: T) => void;
const openZip = promisify(
  fromRandomAccessReader as (
    reader: RandomAccessReader,
    size: number,
    options: Options,
    done: Done<ZipFile>,
  ) => void,
);

export async function readZip(
  handle: FileHandle,
  size: number,
  extractor: ArchiveExtractor,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<void> {
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
  const zip = await openZip(new HandleReader(handle), size, options);
  extractor.expect(zip.entryCount);
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => {
      if (signal.aborted) return reject(signal.reason as Error);
      progress(zip.entriesRead / Math.max(1, zip.entryCount));
      take(zip, entry, extractor).then(() => zip.readEntry(), reject);
    });
    zip.readEntry();
  });
}

async function take(zip: ZipFile, entry: Entry, extractor: ArchiveExtractor): Promise<void> {
  const name = nameOf(entry);
  // Archives made on other systems carry no Unix mode; then a trailing slash makes a folder.
  const mode = entry.versionMadeBy >> 8 === 3 ? entry.externalFileAttributes >>> 16 : 0;
  const type = (mode & TYPE) === 0 ? (name.endsWith('/') ? FOLDER : REGULAR) : mode & TYPE;
  if (type === FOLDER) return extractor.folder(name);
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) throw errors.encrypted(name);
  if (type === REGULAR) {
    const content = await contentOf(zip, entry);
    try {
      return await extractor.file(
        name,
        mode,
        entry.uncompressedSize,
        checked(content, entry, name),
      );
    } finally {
      content.destroy(); // it may have been refused before it was read
    }
  }
  if (type !== SYMLINK) throw errors.special(name);
  if (entry.uncompressedSize > longestLink) throw errors.linkLong(name);
  return extractor.link(name, textOf(await buffer(await contentOf(zip, entry))));
}

/** As the archive says: UTF-8, or the old code page; bytes that are neither are kept. */
function nameOf({ generalPurposeBitFlag: flags, fileNameRaw, extraFields }: Entry): string {
  if ((flags & UTF8) !== 0 && !isUtf8(fileNameRaw)) return textOf(fileNameRaw);
  return getFileNameLowLevel(flags, fileNameRaw, extraFields, true);
}

function contentOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    // Names are left as bytes, so yauzl has not looked at the method for us.
    zip.openReadStream(entry, (error, stream) => {
      if (error) return reject(error);
      // It may fail before it is read; whoever reads it then hears of it.
      stream.on('error', () => undefined);
      resolve(stream);
    });
  });
}

async function* checked(
  content: Readable,
  entry: Entry,
  name: string,
): AsyncGenerator<Buffer, void> {
  let sum = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== entry.crc32) throw new Error(`the check sum of ${quoted(name)} is another one`);
}

/** The file was opened safely once; it is not opened again by its name. */
class HandleReader extends RandomAccessReader {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    super();
    this.#handle = handle;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#range(start, end), { objectMode: false });
  }

  async *#range(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(1 << 16, end - at));
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error('it became shorter while it was read');
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }
}
