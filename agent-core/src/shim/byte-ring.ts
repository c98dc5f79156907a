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
   * Copies from `offset` on into `target` at `at`, until that is full; answers how much that was. `offset`
   * must lie between `start` and `end`.
   */
  copy(target: Buffer, at: number, offset: number): number {
    const { length: capacity } = this.#bytes;
    const length = Math.min(target.length - at, this.#end - offset);
    const from = offset % capacity;
    const first = Math.min(length, capacity - from);
    this.#bytes.copy(target, at, from, from + first);
    this.#bytes.copy(target, at + first, 0, length - first);
    return length;
  }

  /** A copy of all there is. */
  readAll(): Buffer {
    const all = Buffer.allocUnsafeSlow(this.#end - this.#start);
    this.copy(all, 0, this.#start);
    return all;
  }
}
