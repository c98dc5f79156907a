/**
 * Unpacks an open file into an extractor: a zip; a tar, plain or compressed; or a single compressed file.
 * The first bytes decide, for names may say anything.
 */
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FileOwner } from '../../contract/ground.ts';
import { refusals } from '../errors.ts';
import type { ArchiveExtractor } from './archive-extractor.ts';
import { decode, type Compression } from './decoders.ts';
import { readTar } from './read-tar.ts';
import { readZip } from './read-zip.ts';

const BLOCK = 512;
const CHUNK = 256 * 1024;

export interface OpenArchive {
  readonly handle: FileHandle;
  readonly size: number;
  /** The archive's own name, from which that of a single file follows. */
  readonly name: string;
}

export interface Extraction {
  readonly extractor: ArchiveExtractor;
  readonly owner: FileOwner | null;
  readonly signal: AbortSignal;
  readonly progress: (share: number) => void;
}

type Kind = 'zip' | 'tar' | Compression;

/** Undefined for what is not unpacked here. */
export async function archiveKind({ handle, size }: OpenArchive): Promise<Kind | undefined> {
  const head = Buffer.alloc(Math.min(size, BLOCK));
  await handle.read(head, 0, head.length, 0);
  const magic = head.toString('latin1', 0, 6);
  if (/^PK(?:\x03\x04|\x05\x06)/.test(magic)) return 'zip';
  if (magic.startsWith('\x1f\x8b')) return 'gzip';
  if (magic.startsWith('(\xb5/\xfd')) return 'zstd';
  if (magic === '\xfd7zXZ\0') return 'xz';
  return isTar(head) ? 'tar' : undefined;
}

/** Makes no links yet: see `finish` of the extractor. */
export async function extractArchive(
  archive: OpenArchive,
  kind: Kind,
  { extractor, owner, signal, progress }: Extraction,
): Promise<void> {
  const { handle, size, name } = archive;
  if (kind === 'zip') return readZip(handle, size, extractor, signal, progress);
  const source = Readable.from(chunksOf(archive, progress), { objectMode: false });
  if (kind === 'tar') return readTar(source, extractor, signal);
  const decoded = decode(source, kind, { extractor, signal, owner });
  const { head, all } = await headOf(decoded);
  if (isTar(head)) return readTar(Readable.from(all, { objectMode: false }), extractor, signal);
  await extractor.file(singleName(name), 0o644, 0, all);
}

async function* chunksOf(
  { handle, size }: OpenArchive,
  progress: (share: number) => void,
): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, size - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw refusals.shrunk('archive');
    progress((at += bytesRead) / size);
    yield buffer.subarray(0, bytesRead);
  }
}

/** The first block of a stream, and the stream with that block. */
async function headOf(
  stream: AsyncIterable<Buffer>,
): Promise<{ readonly head: Buffer; readonly all: AsyncGenerator<Buffer> }> {
  const chunks = stream[Symbol.asyncIterator]();
  const read: Buffer[] = [];
  let length = 0;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    read.push(next.value);
    if ((length += next.value.length) >= BLOCK) break;
  }
  const all = async function* () {
    yield* read;
    yield* { [Symbol.asyncIterator]: () => chunks };
  };
  return { head: Buffer.concat(read).subarray(0, BLOCK), all: all() };
}

/** By its mark, or by the sum of a first header that has none; a tar may hold nothing but its end. */
function isTar(head: Buffer): boolean {
  if (head.length < BLOCK) return false;
  if (head.toString('latin1', 257, 262) === 'ustar') return true;
  const text = head.toString('latin1', 148, 156).replace(/[\0 ]+$/, '');
  if (!/^ *[0-7]+$/.test(text)) return false;
  const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return Number.parseInt(text, 8) === sum;
}

const suffixes: readonly (readonly [suffix: RegExp, replacement: string])[] = [
  [/\.t(gz|zst|xz)$/i, '.tar'],
  [/\.(gz|zst|xz)$/i, ''],
];

/** `latest.log.gz` is `latest.log`. */
function singleName(name: string): string {
  for (const [suffix, replacement] of suffixes)
    if (name.length > 4 && suffix.test(name)) return name.replace(suffix, replacement);
  return `${name}.unpacked`;
}
