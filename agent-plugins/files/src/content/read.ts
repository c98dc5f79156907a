/** Hands out a file's bytes, whole or a range, from one open handle: what is sent is one version of the file's name. */
import { parsePath } from '@zlh/agent/fs';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { settled, tagOf } from '../tree/entry.ts';
import type { Tree } from '../tree/tree.ts';
import { FileBody } from './file-body.ts';

const CHUNK = 256 * 1024;

export interface Content {
  readonly size: number;
  readonly etag: string;
  readonly modifiedAt: Date;
  /** Bytes `start` to `end`, both included. */
  read(start: number, end: number): Readable;
  close(): Promise<void>;
}

export async function openContent(tree: Tree, path: string): Promise<Content> {
  await using place = await tree.place(parsePath(path));
  const { handle } = await tree.openFile(place);
  const stat = await settled(() => handle.stat({ bigint: true })).catch(async (error: unknown) => {
    await handle.close();
    throw error;
  });
  return {
    size: Number(stat.size),
    etag: tagOf(stat),
    modifiedAt: new Date(Number(stat.mtimeMs)),
    read: (start, end) => new FileBody({ handle, path, start, end }),
    close: () => handle.close(),
  };
}

/**
 * From the beginning, as many as are still there: `cut` is told when those are fewer, and may throw. The handle stays the
 * caller's.
 */
export async function* chunksOf(
  handle: FileHandle,
  size: number,
  cut: () => void = () => undefined,
): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, size - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return cut();
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
