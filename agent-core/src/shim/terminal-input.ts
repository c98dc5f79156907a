/**
 * Input on its way into the terminal. The terminal's own stream is not used for writing: while the game reads nothing,
 * it tries again without a pause, at the price of a processor and of everything else this process has to do.
 *
 * Guarantees: a write never waits and never spins, bytes go in the order they came, and each sender learns how many of
 * its bytes the terminal has taken.
 */
const FIRST_RETRY_MS = 1;
/** A game that reads again is noticed within this time. */
const LAST_RETRY_MS = 32;

/** Puts bytes into the terminal and answers how many it has taken; throws `EAGAIN` when it takes none. */
export type Write = (bytes: Buffer) => number;

interface Waiting {
  bytes: Buffer;
  readonly taken: (count: number) => void;
}

export class TerminalInput {
  readonly #write: Write;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #closed = false;

  constructor(write: Write) {
    this.#write = write;
  }

  /** Bytes the terminal has not taken yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** `taken` is called with each part of these bytes that the terminal took. The bytes must not change. */
  put(bytes: Buffer, taken: (count: number) => void): void {
    if (this.#closed || bytes.length === 0) return;
    this.#waiting.push({ bytes, taken });
    this.#waitingBytes += bytes.length;
    if (this.#retry === undefined) this.#flush();
  }

  /** The terminal is about to go: what waits is for nobody any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }

  #flush(): void {
    this.#retry = undefined;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      let count: number;
      try {
        count = this.#write(next.bytes);
      } catch (error) {
        // Any other error is the terminal's end, which the game's exit explains.
        return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? this.#later() : this.close();
      }
      this.#retryMs = FIRST_RETRY_MS;
      this.#waitingBytes -= count;
      next.bytes = next.bytes.subarray(count);
      if (next.bytes.length === 0) this.#waiting.shift();
      next.taken(count);
    }
  }

  #later(): void {
    this.#retry = setTimeout(() => this.#flush(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}
