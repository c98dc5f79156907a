/**
 * The console of the instance: output of all runs as one stream, to any number of viewers. Promises
 * batches instead of chunks, the scrollback first, and that a slow viewer costs bounded memory and
 * costs the others nothing: it is left behind and, once it reads again, resynchronised.
 */
import { ByteRing } from '../lib/byte-ring.ts';

/** Where a viewer's bytes go; made from a WebSocket. */
export interface ConsoleSink {
  /** Bytes sent but not yet taken by the network. */
  readonly backlog: number;
  /** `sent` is called when these bytes were taken. */
  send(bytes: Buffer, sent: () => void): void;
  /** The viewer missed something; the scrollback follows. */
  resync(): void;
}

export const SCROLLBACK_BYTES = 262_144;
const BATCH_BYTES = 65_536;
const BATCH_MS = 4;
const MAX_BACKLOG = 1_048_576;

interface Viewer {
  readonly sink: ConsoleSink;
  /** Next byte to send. */
  next: number;
}

export class ConsoleHub {
  readonly #ring = new ByteRing(SCROLLBACK_BYTES);
  readonly #viewers = new Set<Viewer>();
  readonly #listeners = new Set<(chunk: Uint8Array) => void>();
  #timer: NodeJS.Timeout | undefined;
  #flushed = 0;

  /** Offset after the last byte so far. */
  get end(): number {
    return this.#ring.end;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Takes output at its absolute offset; what is here already is ignored, a gap is a jump. */
  output(offset: number, bytes: Buffer): void {
    const known = Math.max(0, this.#ring.end - offset);
    if (known >= bytes.length) return;
    if (offset > this.#ring.end) this.#ring.skipTo(offset);
    const fresh = known === 0 ? bytes : bytes.subarray(known);
    this.#ring.write(fresh);
    for (const listener of this.#listeners) listener(fresh);
    if (this.#viewers.size === 0) this.#flushed = this.#ring.end;
    else if (this.#ring.end - this.#flushed >= BATCH_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  /** The last `bytes` of output since `from`, as text. */
  tail(bytes: number, from = 0): string {
    const start = Math.max(this.#ring.start, this.#ring.end - bytes, from);
    return start >= this.#ring.end ? '' : this.#ring.read(start).toString('utf8');
  }

  /** Output from now on, as it arrives; answers how to stop. */
  listen(listener: (chunk: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends the scrollback, then output, until the answered function is called. */
  view(sink: ConsoleSink): () => void {
    const viewer: Viewer = { sink, next: this.#ring.start };
    this.#viewers.add(viewer);
    this.#pump(viewer);
    return () => this.#viewers.delete(viewer);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const from = this.#flushed;
    this.#flushed = this.#ring.end;
    // Those who are up to date share one buffer.
    const batch = from >= this.#ring.start ? this.#ring.read(from) : undefined;
    for (const viewer of this.#viewers) {
      if (batch !== undefined && viewer.next === from && viewer.sink.backlog < MAX_BACKLOG) {
        this.#send(viewer, batch);
      } else {
        this.#pump(viewer);
      }
    }
  }

  /** Brings one viewer up to date, unless it is still busy with what it has. */
  #pump(viewer: Viewer): void {
    const { sink } = viewer;
    if (!this.#viewers.has(viewer) || viewer.next === this.#ring.end || sink.backlog >= MAX_BACKLOG)
      return;
    if (viewer.next < this.#ring.start) {
      // Far behind: let it take all it has first, so that it is not overrun again at once.
      if (sink.backlog > 0) return;
      sink.resync();
      viewer.next = this.#ring.start;
    }
    this.#send(viewer, this.#ring.read(viewer.next));
  }

  #send(viewer: Viewer, bytes: Buffer): void {
    viewer.next += bytes.length;
    viewer.sink.send(bytes, () => this.#pump(viewer));
  }
}
