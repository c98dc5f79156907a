/**
 * The end of the console's endless stream, addressed by absolute offset. Promises that memory is bounded,
 * and that reading copies nothing: what was handed out stays as it was, for slabs are filled once and
 * dropped, never written over, so any number of viewers share the same bytes.
 */
export const SLAB_BYTES = 65_536;

interface Slab {
  /** Offset of its first byte. */
  readonly offset: number;
  readonly bytes: Buffer;
  used: number;
}

export class Scrollback {
  readonly #most: number;
  /** Oldest first; only the last has room. */
  #slabs: Slab[] = [];
  #end = 0;

  /** Keeps at least `most` bytes and less than two slabs more. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Offset of the oldest byte still here. */
  get start(): number {
    return this.#slabs[0]?.offset ?? this.#end;
  }

  /** Offset after the newest byte. */
  get end(): number {
    return this.#end;
  }

  /** Copies what fits into the slab that is being filled; answers how much that was, and whether it is full now. */
  append(bytes: Uint8Array): { readonly taken: number; readonly full: boolean } {
    let slab = this.#slabs.at(-1);
    if (slab === undefined || slab.used === slab.bytes.length) slab = this.#grow();
    const taken = Math.min(bytes.length, slab.bytes.length - slab.used);
    slab.bytes.set(taken === bytes.length ? bytes : bytes.subarray(0, taken), slab.used);
    slab.used += taken;
    this.#end += taken;
    return { taken, full: slab.used === slab.bytes.length };
  }

  /** The bytes from `offset` to the end of their slab; `offset` must lie between `start` and `end`. */
  read(offset: number): Buffer {
    const slab = this.#slabs.findLast((each) => each.offset <= offset);
    return slab === undefined
      ? Buffer.alloc(0)
      : slab.bytes.subarray(offset - slab.offset, slab.used);
  }

  /** Goes on at another offset, forgetting what came before: bytes in between were lost. */
  skipTo(offset: number): void {
    this.#slabs = [];
    this.#end = offset;
  }

  #grow(): Slab {
    // Not from the pool of small buffers: a slab shall be freed as soon as nobody has a part of it.
    const slab = { offset: this.#end, bytes: Buffer.allocUnsafeSlow(SLAB_BYTES), used: 0 };
    this.#slabs.push(slab);
    while (this.#end - (this.#slabs[1]?.offset ?? this.#end) >= this.#most) this.#slabs.shift();
    return slab;
  }
}
