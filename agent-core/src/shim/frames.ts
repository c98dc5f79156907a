/**
 * The wire between agent and shim: frames of a four-byte length, a type byte and a payload. Promises
 * to be readable by every later agent, because a shim lives as long as its game: types are only added.
 */
export const FrameType = {
  /** agent → shim: JSON {@link Attach}; answered by `hello` and output from there on. */
  attach: 1,
  /** agent → shim: bytes for the terminal. */
  input: 2,
  /** agent → shim: JSON {@link Resize}. */
  resize: 3,
  /** agent → shim: the exit was understood, the shim may end. */
  release: 4,
  /** shim → agent: JSON {@link Hello}. */
  hello: 16,
  /** shim → agent: six-byte offset, then output bytes. A jump in offsets is output nobody kept. */
  output: 17,
  /** shim → agent: JSON {@link ExitRecord}; nothing follows it. */
  exit: 18,
  /** shim → agent: six bytes, how many bytes of input on this connection the terminal has taken so far. */
  taken: 19,
} as const;

export interface Attach {
  /** First wanted byte; older than the ring holds means all of the ring. */
  readonly from: number;
}

export interface Resize {
  readonly cols: number;
  readonly rows: number;
}

export interface Hello {
  readonly runId: string;
  /** Where the ring starts and ends now. */
  readonly start: number;
  readonly end: number;
  /** It tells by `taken` what became of input; shims of before did not. */
  readonly tellsTaken?: boolean;
}

/** How the supervised process ended; also on disk as `exit.json`. */
export interface ExitRecord {
  readonly runId: string;
  readonly exitCode: number | null;
  /** Signal number, null when it exited by itself. */
  readonly signal: number | null;
  /** ISO 8601. */
  readonly at: string;
  /** Offset after the last byte of output. */
  readonly end: number;
}

export const MAX_FRAME = 1 << 20;
/** Room for the longest frame a shim sends, and most of the next. */
const READ_BYTES = 131_072;
const HEADER = 5;
const OFFSET = 6;
export const OUTPUT_HEADER = HEADER + OFFSET;

export function encodeFrame(type: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.writeUInt32BE(payload.length + 1, 0);
  frame.writeUInt8(type, 4);
  frame.set(payload, HEADER);
  return frame;
}

export function encodeJson(type: number, value: unknown): Buffer {
  return encodeFrame(type, Buffer.from(JSON.stringify(value)));
}

export function encodeTaken(total: number): Buffer {
  const payload = Buffer.allocUnsafe(OFFSET);
  payload.writeUIntBE(total, 0, OFFSET);
  return encodeFrame(FrameType.taken, payload);
}

export function decodeTaken(payload: Buffer): number {
  return payload.readUIntBE(0, OFFSET);
}

/** Makes a frame of output that stands behind {@link OUTPUT_HEADER} free bytes, without copying it. */
export function frameOutput(offset: number, frame: Buffer): Buffer {
  frame.writeUInt32BE(frame.length - 4, 0);
  frame.writeUInt8(FrameType.output, 4);
  frame.writeUIntBE(offset, HEADER, OFFSET);
  return frame;
}

export function decodeOutput(payload: Buffer): { offset: number; bytes: Buffer } {
  return { offset: payload.readUIntBE(0, OFFSET), bytes: payload.subarray(OFFSET) };
}

/**
 * Takes frames apart in one buffer that is read into and used again, because a flood would otherwise
 * cost more in garbage than in work: read into `space`, then call `took`.
 */
export class FrameReader {
  readonly #onFrame: (type: number, payload: Buffer) => void;
  #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #used = 0;

  /** A payload is only valid during the call. */
  constructor(onFrame: (type: number, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Where to put what comes next; never empty. */
  get space(): Buffer {
    return this.#buffer.subarray(this.#used);
  }

  /** Takes bytes that were read into another buffer. */
  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const count = chunk.copy(this.space, 0, at);
      at += count;
      this.took(count);
    }
  }

  /** So many bytes were put into `space`. Throws on a frame longer than {@link MAX_FRAME}. */
  took(count: number): void {
    const bytes = this.#buffer;
    const end = this.#used + count;
    let at = 0;
    let needed = 0;
    while (end - at >= HEADER) {
      const length = bytes.readUInt32BE(at);
      if (length < 1 || length > MAX_FRAME) throw new RangeError(`a frame of ${length} bytes`);
      needed = 4 + length;
      if (end - at < needed) break;
      this.#onFrame(bytes.readUInt8(at + 4), bytes.subarray(at + HEADER, at + needed));
      at += needed;
    }
    this.#used = end - at;
    if (needed > bytes.length) this.#buffer = Buffer.allocUnsafeSlow(needed);
    if (at > 0 || this.#buffer !== bytes) bytes.copy(this.#buffer, 0, at, end);
  }
}
