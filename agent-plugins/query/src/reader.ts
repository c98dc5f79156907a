/** Answers of query protocols, byte by byte. */
class TooShort extends Error {
  constructor() {
    super('the answer is too short');
  }
}

/** Reads an answer piece by piece. Promises an error, and never something made up, when it is too short. */
export class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new TooShort();
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** Up to a NUL, which is passed over. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new TooShort();
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }
}

/** Null when the answer is too short for what is read of it. */
export function readOrNothing<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof TooShort) return null;
    throw error;
  }
}
