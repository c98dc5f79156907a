/**
 * A folder as a tar or zip stream, made while it is read. Links are stored as links and never followed; what is no file,
 * folder or link, and what does not belong to the instance, is left out. Nothing is kept in memory but the piece under way.
 */
import { constants as zlib, createGzip, createZstdCompress } from 'node:zlib';
import { readlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '@zlh/agent';
import { pack as packTar, type Pack } from 'tar-stream';
import { chunksOf } from '../content/read.ts';
import type { ArchiveFormat } from '../index.ts';
import { joined, parsePath, textOf } from '../tree/names.ts';
import type { Tree } from '../tree/tree.ts';
import { walk, type Met } from '../tree/walk.ts';
import { zipStream } from './zip-stream.ts';

const mostEntries = 500_000;
/** Fast rather than small: a world is compressed already. */
const gzipLevel = 3;

export interface Item {
  readonly name: string;
  readonly mode: number;
  readonly modifiedAt: Date;
  readonly type: 'file' | 'folder' | 'link';
  readonly size: number;
  readonly target: string;
  /** Of a file: exactly `size` bytes; zeros for what was cut off meanwhile. */
  read(): AsyncIterable<Buffer>;
}

export async function packFolder(
  tree: Tree,
  path: string,
  format: ArchiveFormat,
  signal?: AbortSignal,
): Promise<Readable> {
  await (await tree.folder(parsePath(path)))[Symbol.asyncDispose](); // refused before anything is sent
  const items = itemsOf(tree, path, signal);
  if (format === 'zip') return Readable.from(zipStream(items), { objectMode: false });
  const tar = packTar({ highWaterMark: 1 << 18 });
  fill(tar, items).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error as Error),
  );
  const source = Readable.from(tar, { objectMode: false });
  if (format === 'tar') return source;
  const squeezed =
    format === 'tar.gz'
      ? createGzip({ level: gzipLevel, chunkSize: 1 << 16 })
      : createZstdCompress({ params: { [zlib.ZSTD_c_compressionLevel]: gzipLevel } });
  pipeline(source, squeezed).catch(() => undefined); // whoever reads hears of it
  return squeezed;
}

async function* itemsOf(tree: Tree, path: string, signal?: AbortSignal): AsyncGenerator<Item> {
  await using start = await tree.folder(parsePath(path));
  for await (const met of walk(start, { entries: mostEntries, signal })) {
    const item = await itemOf(tree, met);
    if (item !== undefined) yield item;
  }
}

async function itemOf(tree: Tree, { folder, name, stat, below }: Met): Promise<Item | undefined> {
  const common = {
    name: joined(below),
    mode: Number(stat.mode) & 0o777,
    modifiedAt: new Date(Number(stat.mtimeMs)),
    target: '',
    size: 0,
    read: () => Readable.from([]),
  };
  if (stat.isDirectory()) return { ...common, type: 'folder' };
  if (stat.isSymbolicLink()) {
    const target = await readlink(folder.at(name), 'buffer').catch(() => undefined); // gone by now
    return target && { ...common, type: 'link', target: textOf(target) };
  }
  if (!stat.isFile()) return undefined;
  try {
    const path = folder.pathOf(name);
    const { handle, stat: opened } = await tree.openFile({ folder, name, path });
    const size = Number(opened.size);
    const read = () => padded(chunksOf(handle, 0, size - 1, path), size);
    return { ...common, type: 'file', size, read };
  } catch (error) {
    if (error instanceof Refusal) return undefined; // not to be read, or gone
    throw error;
  }
}

async function* padded(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let sent = 0;
  try {
    for await (const chunk of chunks) {
      sent += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  for (; sent < size; sent += Math.min(65_536, size - sent))
    yield Buffer.alloc(Math.min(65_536, size - sent));
}

async function fill(tar: Pack, items: AsyncIterable<Item>): Promise<void> {
  for await (const { name, mode, modifiedAt: mtime, type, size, target, read } of items) {
    if (type === 'file')
      await pipeline(Readable.from(read()), tar.entry({ name, mode, mtime, size }));
    else if (type === 'folder') tar.entry({ name, mode, mtime, type: 'directory' });
    else tar.entry({ name, mode, mtime, type: 'symlink', linkname: target });
  }
}
