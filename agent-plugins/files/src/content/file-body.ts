/**
 * A range of an open file as the body of an answer. It can be read like any stream; piped into an answer, it lends that
 * the two buffers that it reads into, and fills each of them again when it is sent: with a buffer made for each piece,
 * collecting those buffers takes longer than sending them (bench/README.md).
 * Other destinations may keep what they have "written", a transform for example; they get buffers of their own.
 * Exactly the bytes asked for or an error: a file may be cut short while it is sent. Closes the file in any case.
 */
import { refusals } from '@zlh/agent/fs';
import type { FileHandle } from 'node:fs/promises';
import { OutgoingMessage } from 'node:http';
import { Readable } from 'node:stream';

const largest = 512 * 1024;

export interface FileRange {
  readonly handle: FileHandle;
  /** As the caller named it. */
  readonly path: string;
  /** First and last byte, both included. */
  readonly start: number;
  readonly end: number;
}

export class FileBody extends Readable {
  readonly #range: FileRange;
  #at: number;
  #lent = false;

  constructor(range: FileRange) {
    super();
    this.#range = range;
    this.#at = range.start;
  }

  override pipe<T extends NodeJS.WritableStream>(
    destination: T,
    options?: { readonly end?: boolean },
  ): T {
    const untouched = !this.readableDidRead && this.#at === this.#range.start;
    if (!untouched || options?.end === false || !(destination instanceof OutgoingMessage))
      return super.pipe(destination, options);
    this.#lent = true;
    destination.once('close', () => this.destroy());
    this.once('end', () => destination.end());
    if (destination.destroyed) {
      this.destroy(); // its reader has left already, and will not be heard of again
      return destination;
    }
    destination.emit('pipe', this);
    this.#lendTo(destination).then(
      () => {
        this.push(null);
        this.resume(); // towards its end: nobody reads it
      },
      (error: Error) => this.destroy(error),
    );
    return destination;
  }

  override _read(): void {
    if (this.#lent) return;
    const buffer = Buffer.allocUnsafe(this.#next());
    this.#fill(buffer).then(
      (piece) => this.push(piece.length === 0 ? null : piece),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    void this.#close(() => done(error));
  }

  /** Waits for a read that goes on; of a file that was only read nothing can be lost. */
  async #close(closed: () => void): Promise<void> {
    await this.#range.handle.close().catch(() => undefined);
    closed();
  }

  /** One buffer is on its way to the disk while the other is on its way to the destination. */
  async #lendTo(destination: NodeJS.WritableStream): Promise<void> {
    const bytes = this.#next();
    const buffers = [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)] as const;
    let written: Promise<void> = Promise.resolve();
    for (let turn = 0; !this.destroyed; turn++) {
      const piece = await this.#fill(buffers[turn % 2]!.subarray(0, this.#next()));
      await written;
      if (piece.length === 0) return;
      written = new Promise((resolve) => {
        destination.write(piece, () => resolve()); // one that fails closes, and this with it
      });
    }
  }

  /** Empty at the end. */
  async #fill(buffer: Buffer): Promise<Buffer> {
    const { handle, path } = this.#range;
    if (buffer.length === 0) return buffer;
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#at);
    if (bytesRead === 0) throw refusals.shrunk(path);
    this.#at += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  #next(): number {
    return Math.min(largest, this.#range.end - this.#at + 1);
  }
}
