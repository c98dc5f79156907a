/**
 * Writes a body into a file as it comes. What comes is gathered in two buffers that take turns: one is filled while the
 * other is on its way to the disk, and the many small pieces of a network can be forgotten at once. Kept until they are
 * written, they grow old, and the collector goes through everything to find them: twice the time (bench/README.md).
 */
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { collectYoung } from '@zlh/kernel';

/** Written in one go. */
const GATHER = 1024 * 1024;

export interface Filling {
  /** Where the first byte goes. Default 0. */
  readonly start?: number;
  /** Told how many will have come before they are written; throws when that is too many. */
  grow(bytes: number): Promise<void> | undefined;
  /** Told how many are written. */
  wrote?(bytes: number): void;
}

/** Answers how many bytes came. When the body breaks off, what came before is written all the same. */
export async function fill(handle: FileHandle, body: Readable, filling: Filling): Promise<number> {
  const gathered = new Gathered(handle, filling);
  let size = 0;
  try {
    // Not destroyed when this fails: the answer goes the way the body came.
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const growing = filling.grow(size + chunk.length);
      if (growing !== undefined) await growing;
      size += chunk.length;
      const flushing = gathered.add(chunk);
      if (flushing !== undefined) await flushing;
    }
  } finally {
    await gathered.end();
  }
  return size;
}

class Gathered {
  readonly #handle: FileHandle;
  readonly #start: number;
  readonly #wrote: ((bytes: number) => void) | undefined;
  #filled: Buffer = Buffer.allocUnsafeSlow(GATHER);
  #other: Buffer | undefined;
  #used = 0;
  #sent = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle, { start = 0, wrote }: Filling) {
    this.#handle = handle;
    this.#start = start;
    this.#wrote = wrote;
  }

  /** A promise when the chunk has to wait for the disk. */
  add(chunk: Buffer): Promise<void> | undefined {
    if (this.#used + chunk.length > GATHER) return this.#addSlowly(chunk);
    this.#used += chunk.copy(this.#filled, this.#used);
    return undefined;
  }

  async end(): Promise<void> {
    await this.#turn();
    await this.#writing;
  }

  async #addSlowly(chunk: Buffer): Promise<void> {
    for (let rest = chunk; rest.length > 0;) {
      const copied = rest.copy(this.#filled, this.#used);
      this.#used += copied;
      rest = rest.subarray(copied);
      if (this.#used === GATHER) await this.#turn();
    }
  }

  /** Pieces are written one after the other: what is told as written has nothing missing before it. */
  async #turn(): Promise<void> {
    await this.#writing;
    if (this.#used === 0) return;
    const piece = this.#filled.subarray(0, this.#used);
    const at = this.#start + this.#sent;
    this.#sent += this.#used;
    collectYoung(this.#used);
    this.#used = 0;
    const sent = this.#sent;
    [this.#filled, this.#other] = [this.#other ?? Buffer.allocUnsafeSlow(GATHER), this.#filled];
    this.#writing = writeAll(this.#handle, piece, at).then(() => this.#wrote?.(sent));
    this.#writing.catch(() => undefined); // heard of at the next turn
  }
}

async function writeAll(handle: FileHandle, piece: Buffer, position: number): Promise<void> {
  // A nearly full disk takes a part; the next write says why.
  for (let at = 0; at < piece.length;) {
    const { bytesWritten } = await handle.write(piece, at, piece.length - at, position + at);
    at += bytesWritten;
  }
}
