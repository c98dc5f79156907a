/**
 * Reads a zip into an extractor, from an open file. Guarantees: unsupported entries are found in the central
 * directory before anything is written. yauzl checks the promised sizes, this file the check sums.
 */
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { callbackify, promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import {
  fromRandomAccessReader,
  RandomAccessReader,
  type Entry,
  type Options,
  type ZipFile,
} from 'yauzl';
import { quoted } from '../errors.ts';
import { textOf } from '../names.ts';
import type { ArchiveExtractor } from './archive-extractor.ts';
import { errors } from './errors.ts';
import { ZipNames, type RawName } from './zip-names.ts';

/** Of version 3, which the types do not know yet. */
declare module 'yauzl' {
  interface Entry {
    readonly fileNameRaw: Buffer;
  }
  interface ZipFile {
    entriesRead: number;
  }
}

const TYPE = 0o170_000;
const SYMLINK = 0o120_000;
const FOLDER = 0o040_000;
const REGULAR = 0o100_000;
const longestLink = 4096;
const ENCRYPTED = 1;
const UTF8 = 0x800;
const UNIX = 3;
/** FAT, HPFS, NTFS and VFAT. */
const dosSystems = [0, 6, 10, 14];
const unpackable = [0, 8];

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
  const open = () =>
    openZip(new HandleReader(handle), size, {
      lazyEntries: true,
      autoClose: false,
      decodeStrings: false,
    });
  const names = new ZipNames();
  const unsupported: Entry[] = [];
  const directory = await open();
  extractor.expect(directory.entryCount);
  await eachEntry(directory, signal, (entry) => {
    names.add(rawNameOf(entry));
    if (faultOf(entry) !== undefined && unsupported.length === 0) unsupported.push(entry);
  });
  for (const entry of unsupported) throw faultOf(entry)!(names.textOf(rawNameOf(entry)));
  const zip = await open();
  await eachEntry(zip, signal, async (entry) => {
    progress(zip.entriesRead / Math.max(1, zip.entryCount));
    await take(zip, entry, names.textOf(rawNameOf(entry)), extractor);
  });
}

function eachEntry(
  zip: ZipFile,
  signal: AbortSignal,
  work: (entry: Entry) => Promise<void> | void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const one = async (entry: Entry) => {
      signal.throwIfAborted();
      await work(entry);
      zip.readEntry();
    };
    zip.on('error', reject);
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => void one(entry).catch(reject));
    zip.readEntry();
  });
}

const rawNameOf = (entry: Entry): RawName => ({
  bytes: entry.fileNameRaw,
  isMarkedUtf8: (entry.generalPurposeBitFlag & UTF8) !== 0,
  extraFields: entry.extraFields,
  isDos: dosSystems.includes(entry.versionMadeBy >> 8),
});

/** Why the content of an entry cannot be unpacked, to be told of its name. */
function faultOf(entry: Entry): ((name: string) => Error) | undefined {
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) return errors.encrypted;
  const { compressionMethod: method } = entry;
  return unpackable.includes(method) ? undefined : (name) => errors.method(name, method);
}

async function take(
  zip: ZipFile,
  entry: Entry,
  name: string,
  extractor: ArchiveExtractor,
): Promise<void> {
  // Archives made on other systems carry no Unix mode; then a trailing slash makes a folder.
  const mode = entry.versionMadeBy >> 8 === UNIX ? entry.externalFileAttributes >>> 16 : 0;
  const type = (mode & TYPE) === 0 ? (name.endsWith('/') ? FOLDER : REGULAR) : mode & TYPE;
  if (type === FOLDER) return extractor.folder(name);
  if (type === REGULAR) {
    const content = await contentOf(zip, entry);
    try {
      const bytes = checked(content, entry, name);
      return await extractor.file(name, mode, entry.uncompressedSize, bytes);
    } finally {
      content.destroy(); // it may have been refused before it was read
    }
  }
  if (type !== SYMLINK) throw errors.special(name);
  if (entry.uncompressedSize > longestLink) throw errors.linkLong(name);
  return extractor.link(name, textOf(await buffer(await contentOf(zip, entry))));
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

const shorter = 'it became shorter while it was read';

/** The file was opened safely once; it is not opened again by its name. */
class HandleReader extends RandomAccessReader {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    super();
    this.#handle = handle;
  }

  /** Heads of entries: a stream for each of them would take most of the time. */
  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    const read = async () => {
      const { bytesRead } = await this.#handle.read(target, offset, length, position);
      if (bytesRead < length) throw new Error(shorter);
    };
    callbackify(read)(done);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#range(start, end), { objectMode: false });
  }

  async *#range(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(1 << 16, end - at));
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error(shorter);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }
}
