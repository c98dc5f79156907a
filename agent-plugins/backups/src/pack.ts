/**
 * Packs a snapshot as a compressed tar while it is sent. The files lie below `data/`; the last entry
 * is a manifest with the hash of each file.
 */
import { createHash } from 'node:crypto';
import { open, readlink, stat, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants as zlib, createZstdCompress } from 'node:zlib';
import { Folder, joined, tarStream, textOf, walk, type Item, type Met } from '@zlh/agent/fs';
import type { ManifestLine } from './index.ts';

const chunkBytes = 256 * 1024;
/** Fast rather than small: a world is compressed already. */
const level = 3;
const maxEntries = 1_000_000;

/** `manifest` is a path for a file in the making. */
export async function* packed(
  stage: string,
  manifest: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const squeezed = createZstdCompress({ params: { [zlib.ZSTD_c_compressionLevel]: level } });
  const source = tarStream(itemsOf(stage, manifest, signal));
  const flow = pipeline(source, squeezed, { signal });
  flow.catch(() => undefined); // the loop ends with the same error
  for await (const chunk of squeezed as AsyncIterable<Buffer>) yield chunk;
  await flow;
}

async function* itemsOf(
  stage: string,
  manifest: string,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  await using list = await open(manifest, 'w', 0o600);
  await using root = await Folder.openRoot(stage);
  for await (const met of walk(root, { entries: maxEntries, signal })) {
    const item = baseOf(met);
    if (met.stat.isDirectory()) yield { ...item, type: 'folder' };
    else if (met.stat.isSymbolicLink()) {
      const target = textOf(await readlink(met.folder.at(met.name), 'buffer'));
      yield { ...item, type: 'link', target };
    } else yield* fileOf(met, item, list);
  }
  const { size } = await list.stat();
  await using reader = await open(manifest, 'r');
  const read = () => chunksOf(reader);
  const { mtime: modifiedAt } = await stat(manifest);
  yield { name: 'manifest.jsonl', mode: 0o600, modifiedAt, type: 'file', size, target: '', read };
}

function baseOf({ below, stat: { mode, mtimeMs } }: Met): Omit<Item, 'type'> {
  return {
    name: `data/${joined(below)}`,
    mode: Number(mode) & 0o777,
    modifiedAt: new Date(Math.max(0, Math.min(Number(mtimeMs), (2 ** 31 - 1) * 1000))),
    size: 0,
    target: '',
    read: () => Readable.from([]),
  };
}

async function* fileOf(met: Met, base: Omit<Item, 'type'>, list: FileHandle): AsyncGenerator<Item> {
  await using handle = await open(met.folder.at(met.name), 'r');
  const size = Number(met.stat.size);
  const hash = createHash('sha256');
  const read = async function* () {
    for await (const chunk of chunksOf(handle)) {
      hash.update(chunk);
      yield chunk;
    }
  };
  yield { ...base, type: 'file', size, read };
  const line: ManifestLine = {
    path: joined(met.below),
    size,
    mode: base.mode,
    mtimeMs: base.modifiedAt.getTime(),
    sha256: hash.digest('hex'),
  };
  await list.appendFile(`${JSON.stringify(line)}\n`);
}

export async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
