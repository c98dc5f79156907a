/**
 * The last N bytes of an endless stream, addressed by absolute offset. Promises that memory never grows
 * and that a reader can tell what it missed.
 */
export class ByteRing {
  readonly #bytes: Buffer;
  #end: number;
  #start: number;

  /** `offset` is where the stream goes on from; earlier bytes are unknown. */
  constructor(capacity: number, offset = 0) {
    this.#bytes = Buffer.alloc(capacity);
    this.#end = offset;
    this.#start = offset;
  }

  /** Offset of the oldest byte still here. */
  get start(): number {
    return this.#start;
  }

  /** Offset after the newest byte. */
  get end(): number {
    return this.#end;
  }

  write(chunk: Uint8Array): void {
    const { length: capacity } = this.#bytes;
    const kept = chunk.length > capacity ? chunk.subarray(chunk.length - capacity) : chunk;
    this.#end += chunk.length - kept.length;
    const at = this.#end % capacity;
    const first = Math.min(kept.length, capacity - at);
    this.#bytes.set(kept.subarray(0, first), at);
    this.#bytes.set(kept.subarray(first), 0);
    this.#end += kept.length;
    this.#start = Math.max(this.#start, this.#end - capacity);
  }

  /**
   * A copy of up to `max` bytes from `offset` on, behind `headroom` bytes for the caller to fill; `offset`
   * must lie between `start` and `end`.
   */
  read(offset: number, max = this.#bytes.length, headroom = 0): Buffer {
    const { length: capacity } = this.#bytes;
    const length = Math.min(max, this.#end - offset);
    const at = offset % capacity;
    const first = Math.min(length, capacity - at);
    const copy = Buffer.allocUnsafe(headroom + length);
    this.#bytes.copy(copy, headroom, at, at + first);
    this.#bytes.copy(copy, headroom + first, 0, length - first);
    return copy;
  }
}
