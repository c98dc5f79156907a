/** Writes a tar while its content is still being read, no faster than it is taken. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import type { Item } from './item.ts';

const PIECE = 1 << 18;
const HEADER = 512;
/** Headers of entries without content, made before they are taken: the library waits for content alone. */
const mostAhead = 1024 * HEADER;

export function tarStream(items: AsyncIterable<Item>): Readable {
  const tar = pack({ highWaterMark: PIECE });
  const flow = new Flow();
  write(tar, items, flow).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error as Error),
  );
  // Given up, perhaps before anything of it was read: what waits to be taken lets go of its file.
  return Readable.from(flow.through(tar), { objectMode: false }).once('close', () => {
    flow.end();
    tar.destroy();
  });
}

async function write(tar: Pack, items: AsyncIterable<Item>, flow: Flow): Promise<void> {
  for await (const { name, mode, modifiedAt: mtime, type, size, target, read } of items) {
    if (type === 'file') {
      const content = Readable.from(exactly(size, read()));
      await pipeline(content, tar.entry({ name, mode, mtime, size }));
      continue;
    }
    await flow.turn();
    if (type === 'folder') tar.entry({ name, mode, mtime, type: 'directory' });
    else tar.entry({ name, mode, mtime, type: 'symlink', linkname: target });
  }
}

/** The size was said already: zeros stand for what was cut off since. */
async function* exactly(size: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const chunk of chunks) {
    sent += chunk.length;
    yield chunk;
  }
  for (; sent < size; sent += Math.min(PIECE, size - sent))
    yield Buffer.alloc(Math.min(PIECE, size - sent));
}

/** Holds whoever makes headers back until some of them are taken. */
class Flow {
  #ahead = 0;
  #taken = Promise.withResolvers<void>();

  async *through(tar: Pack): AsyncGenerator<Buffer> {
    for await (const chunk of tar as AsyncIterable<Buffer>) {
      this.#ahead = Math.max(0, this.#ahead - chunk.length);
      this.#wake();
      yield chunk;
    }
  }

  /** Nobody takes any more, and nobody is to wait: the next entry fails. */
  end(): void {
    this.#ahead = Number.NEGATIVE_INFINITY;
    this.#wake();
  }

  /** Resolves when one more may be made. */
  async turn(): Promise<void> {
    while (this.#ahead > mostAhead) await this.#taken.promise;
    this.#ahead += HEADER;
  }

  #wake(): void {
    this.#taken.resolve();
    this.#taken = Promise.withResolvers();
  }
}
