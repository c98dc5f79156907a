/** Hands out a file's bytes, whole or a range, from one open handle: what is sent is one version of the file's name. */
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { refusals } from '../errors.ts';
import { settled, tagOf } from '../tree/entry.ts';
import { parsePath } from '../tree/names.ts';
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

/** Exactly that many bytes or an error: a file may be cut short while it is sent. */
export async function* chunksOf(
  handle: FileHandle,
  start: number,
  end: number,
  path: string,
): AsyncGenerator<Buffer> {
  try {
    for (let at = start; at <= end;) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - at + 1));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw refusals.shrunk(path);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
