/**
 * A folder or a file as a tar or zip stream, made while it is read. Links are stored as links and never
 * followed; what is no file, folder or link, and what does not belong to the instance, is left out, and
 * so is what goes away meanwhile. Nothing is kept in memory but the piece under way.
 */
import { constants as zlib, createGzip, createZstdCompress } from 'node:zlib';
import { readlink, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '@zlh/agent';
import {
  joined,
  parsePath,
  refusals,
  textOf,
  walk,
  type Met,
  type Item,
  tarStream,
} from '@zlh/agent/fs';
import { chunksOf } from '../content/read.ts';
import type { ArchiveFormat } from '../index.ts';
import type { Tree } from '../tree/tree.ts';

import { zipStream } from './zip-stream.ts';

const mostEntries = 500_000;
/** Fast rather than small: a world is compressed already. */
const gzipLevel = 3;
/**
 * What tar-stream can write of times: from 1970 on, in seconds of 31 bits. Later ones would come out
 * negative.
 */
const latest = (2 ** 31 - 1) * 1000;
/** Read before its size is said: cut short meanwhile, it is stored as it is then. */
const readAtOnce = 256 * 1024;

export async function packItems(
  tree: Tree,
  /** One path: that file, or the content of that folder. Several: see {@link metOf}. */
  what: string | readonly string[],
  format: ArchiveFormat,
  signal?: AbortSignal,
): Promise<Readable> {
  // Refused before anything is sent.
  for (const path of [what].flat()) await assertPackable(tree, path);
  const met = typeof what === 'string' ? metBelow(tree, what, signal) : metOf(tree, what, signal);
  const items = itemsOf(tree, met);
  if (format === 'zip') return Readable.from(zipStream(items), { objectMode: false });
  const source = tarStream(items);
  if (format === 'tar') return source;
  const squeezed =
    format === 'tar.gz'
      ? createGzip({ level: gzipLevel, chunkSize: 1 << 16 })
      : createZstdCompress({ params: { [zlib.ZSTD_c_compressionLevel]: gzipLevel } });
  pipeline(source, squeezed).catch(() => undefined); // whoever reads hears of it
  return squeezed;
}

/**
 * Throws for what is neither a folder nor a file that can be read. What lies in a folder may be closed:
 * it is left out.
 */
export async function assertPackable(tree: Tree, path: string): Promise<void> {
  const names = parsePath(path);
  if (names.length > 0) {
    await using place = await tree.place(names);
    const found = await place.folder.look(place.name);
    if (found === undefined) throw refusals.notFound(path);
    if (!found.isDirectory()) return await (await tree.openFile(place)).handle.close();
  }
  await using folder = await tree.folder(names);
  await folder.assertReadable();
}

async function* itemsOf(tree: Tree, all: AsyncIterable<Met>): AsyncGenerator<Item> {
  for await (const met of all) {
    const opened: FileHandle[] = [];
    try {
      const item = await itemOf(tree, met, opened);
      if (item !== undefined) yield item;
    } finally {
      for (const handle of opened) await handle.close();
    }
  }
}

/**
 * Each path with all that lies below, named from the deepest folder that holds all of them: so no two
 * names are alike. A path that lies below another one comes once.
 */
async function* metOf(
  tree: Tree,
  paths: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Met> {
  const isBelow = (path: string, other: string) => other === '' || path.startsWith(`${other}/`);
  const all = [...new Set(paths)].filter(
    (path) => !paths.some((other) => other !== path && isBelow(path, other)),
  );
  const parts = all.map(parsePath);
  const parent = parts.reduce(
    (shared, names) => shared.slice(0, sharedParts(shared, names)),
    parts[0]!.slice(0, -1),
  );
  let left = mostEntries;
  for (const [index, path] of all.entries()) {
    const prefix = parts[index]!.slice(parent.length, -1);
    for await (const met of metWithItself(tree, path, signal)) {
      if (left-- === 0) throw refusals.tooMany(path);
      yield { ...met, below: [...prefix, ...met.below] };
    }
  }
}

function sharedParts(some: readonly Buffer[], others: readonly Buffer[]): number {
  const different = some.findIndex((part, index) => others[index]?.equals(part) !== true);
  return different < 0 ? some.length : different;
}

/** The file, or the folder and then all below it, named from the folder in which it lies. */
async function* metWithItself(tree: Tree, path: string, signal?: AbortSignal): AsyncGenerator<Met> {
  const names = parsePath(path);
  const own = names.slice(-1);
  if (own.length > 0) {
    await using place = await tree.place(names);
    const { folder, name } = place;
    const stat = await folder.look(name);
    if (stat === undefined) return; // gone since it was looked at
    yield { folder, name, stat, below: own };
    if (!stat.isDirectory()) return;
  }
  for await (const met of metBelow(tree, path, signal))
    yield { ...met, below: [...own, ...met.below] };
}

/** What is in a folder, or the one file. */
async function* metBelow(tree: Tree, path: string, signal?: AbortSignal): AsyncGenerator<Met> {
  const names = parsePath(path);
  if (names.length > 0) {
    await using place = await tree.place(names);
    const stat = await place.folder.look(place.name);
    if (stat === undefined) throw refusals.notFound(path);
    const { folder, name } = place;
    if (!stat.isDirectory()) return yield { folder, name, stat, below: [name] };
  }
  await using start = await tree.folder(names);
  yield* walk(start, { entries: mostEntries, signal, skipDenied: true });
}

async function itemOf(
  tree: Tree,
  { folder, name, stat, below }: Met,
  opened: FileHandle[],
): Promise<Item | undefined> {
  const common = {
    name: joined(below),
    mode: Number(stat.mode) & 0o777,
    modifiedAt: new Date(Math.min(Math.max(Number(stat.mtimeMs), 0), latest)),
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
    const { handle, stat: found } = await tree.openFile({
      folder,
      name,
      path: folder.pathOf(name),
    });
    opened.push(handle);
    return { ...common, type: 'file', ...(await contentOf(handle, Number(found.size))) };
  } catch (error) {
    if (error instanceof Refusal) return undefined; // not to be read, or gone
    throw error;
  }
}

async function contentOf(handle: FileHandle, size: number): Promise<Pick<Item, 'size' | 'read'>> {
  if (size > readAtOnce) return { size, read: () => chunksOf(handle, size) };
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(handle, size)) chunks.push(chunk);
  const read = () => Readable.from(chunks);
  return { size: chunks.reduce((sum, { length }) => sum + length, 0), read };
}
