/**
 * Brings a file to the disk while more of it comes, so that little is left to wait for at its end. Promises that what a
 * flush met is not lost: the system tells each failure once, and a later flush of the same file knows nothing of it.
 */
import type { FileHandle } from 'node:fs/promises';

/** Bytes sent to the disk at a time. */
const FLUSH_EVERY = 64 * 2 ** 20;

export class Flusher {
  readonly #handle: FileHandle;
  #begun = 0;
  #safe = 0;
  #flushing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Bytes that are on the disk, of those that were told. */
  get safe(): number {
    return this.#safe;
  }

  /** How many are written by now. One flush at a time, and nobody waits for it. */
  wrote(bytes: number): void {
    if (this.#flushing !== undefined || bytes - this.#begun < FLUSH_EVERY) return;
    this.#begun = bytes;
    this.#flushing = this.#handle
      .datasync()
      .then(() => void (this.#safe = bytes))
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => (this.#flushing = undefined));
  }

  /** Throws what any flush until now has met. */
  async settle(): Promise<void> {
    await this.#flushing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
