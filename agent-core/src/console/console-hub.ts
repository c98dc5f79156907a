/**
 * The console of the instance: output of all runs as one stream, to any number of viewers. Promises
 * batches instead of chunks, the scrollback first, and that a slow viewer costs bounded memory and
 * costs the others nothing: it is left behind and, once it reads again, resynchronised.
 *
 * Output that comes faster than even the quickest viewer reads is held up for a moment, so that a flood
 * goes at a viewer's pace instead of being lost to everybody. The moment is short: nobody can hold a
 * game below a few megabytes a second, and who was left behind holds nothing.
 */
import type { ConsoleOutput } from '../contract/console.ts';
import { LogFilter } from './log-filter.ts';
import { Scrollback, SLAB_BYTES } from './scrollback.ts';

/** Where a viewer's bytes go; made from a WebSocket. */
export interface ConsoleSink {
  /** Bytes sent but not yet taken by the network. */
  readonly backlog: number;
  /** `sent` is called when these bytes were taken; they must not be changed. */
  send(bytes: Buffer, sent: () => void): void;
  /** The viewer missed something; the scrollback follows. */
  resync(): void;
}

/** What a new viewer is shown of the past, and what a shim keeps for the next agent. */
export const SCROLLBACK_BYTES = 262_144;
/** How far a viewer may be behind before it is resynchronised. */
const LAG_BYTES = 1_048_576;
const BATCH_MS = 4;
const MAX_BACKLOG = 4 * SLAB_BYTES;
const HOLD_MS = 30;
/** Runs of which a mark is kept. */
const MAX_MARKS = 8;

interface Viewer {
  readonly sink: ConsoleSink;
  /** Next byte to send. */
  next: number;
}

export class ConsoleHub {
  readonly #past = new Scrollback(LAG_BYTES);
  readonly #viewers = new Set<Viewer>();
  readonly #listeners = new Set<(chunk: Uint8Array) => void>();
  /** Runs for a moment after each flush; output within it waits for its end. */
  #timer: NodeJS.Timeout | undefined;
  #flushed = 0;
  #hold: { readonly over: Promise<void>; release(): void } | undefined;

  readonly #kind: () => ConsoleOutput;
  /** One for the terminal, one for what is added to it: neither cuts a sequence of the other. */
  #filter = new LogFilter();
  #addedFilter = new LogFilter();
  #end = 0;
  /** Where the output of a run begins in the stream, by its offset on the terminal; the newest last. */
  readonly #marks = new Map<number, number>();

  /** Asked again for each chunk: the spec may come after the first of them. */
  constructor(kind: () => ConsoleOutput = () => 'log') {
    this.#kind = kind;
  }

  get kind(): ConsoleOutput {
    return this.#kind();
  }

  /** Offset after the last byte of the terminal so far. The stream has fewer bytes where the filter took some. */
  get end(): number {
    return this.#end;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /**
   * Takes a copy of output at its absolute offset; what is here already is ignored, a gap is a jump.
   * Whoever can hold the source back shall do so until the answered promise resolves.
   */
  output(offset: number, bytes: Buffer): Promise<void> | undefined {
    const known = Math.max(0, this.#end - offset);
    if (known >= bytes.length) return this.#hold?.over;
    if (offset > this.#end) this.#skip(offset - this.#end);
    const fresh = known === 0 ? bytes : bytes.subarray(known);
    this.#end += fresh.length;
    return this.#append(this.kind === 'log' ? this.#filter.push(fresh) : fresh);
  }

  #skip(bytes: number): void {
    this.#end += bytes;
    this.#past.skipTo(this.#past.end + bytes);
    this.#filter = new LogFilter();
  }

  #append(fresh: Uint8Array): Promise<void> | undefined {
    for (let at = 0; at < fresh.length;) {
      const begin = this.#past.end;
      const { taken, full } = this.#past.append(at === 0 ? fresh : fresh.subarray(at));
      at += taken;
      if (full) this.#flush();
      for (const listener of this.#listeners) listener(this.#past.read(begin));
    }
    if (this.#timer === undefined) this.#flush();
    if (this.#hold === undefined && this.#everybodyIsBusy()) this.#startHold();
    return this.#hold?.over;
  }

  /** Takes output from elsewhere, such as a console behind a port. It is forgotten with this agent. */
  add(bytes: Uint8Array): void {
    const copy = Buffer.from(bytes);
    void this.#append(this.kind === 'log' ? this.#addedFilter.push(copy) : copy);
  }

  /** A run begins here: answers its offset on the terminal. Nothing that another run left open reaches into it. */
  mark(): number {
    this.#filter = new LogFilter();
    this.#marks.delete(this.#end);
    this.#marks.set(this.#end, this.#past.end);
    if (this.#marks.size > MAX_MARKS) this.#marks.delete(this.#marks.keys().next().value!);
    return this.#end;
  }

  /** The last `bytes` of output, as text; `from`: since that mark, of which the newest are known. */
  tail(bytes: number, from?: number): string {
    const parts: Buffer[] = [];
    const begin = from === undefined ? 0 : (this.#marks.get(from) ?? 0);
    let at = Math.max(this.#past.start, this.#past.end - bytes, begin);
    while (at < this.#past.end) {
      const part = this.#past.read(at);
      parts.push(part);
      at += part.length;
    }
    return Buffer.concat(parts).toString('utf8');
  }

  /** Output from now on, as it arrives; answers how to stop. */
  listen(listener: (chunk: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends the scrollback, then output, until the answered function is called. */
  view(sink: ConsoleSink): () => void {
    const viewer: Viewer = { sink, next: this.#scrollbackStart };
    this.#viewers.add(viewer);
    this.#pump(viewer);
    return () => {
      this.#viewers.delete(viewer);
      if (!this.#everybodyIsBusy()) this.#hold?.release();
    };
  }

  get #scrollbackStart(): number {
    return Math.max(this.#past.start, this.#past.end - SCROLLBACK_BYTES);
  }

  /** What comes after a pause goes out at once, what follows it within the moment goes out together. */
  #flush(): void {
    if (this.#flushed === this.#past.end) {
      this.#timer = undefined;
      return;
    }
    this.#flushed = this.#past.end;
    for (const viewer of this.#viewers) this.#pump(viewer);
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#flush(), BATCH_MS);
    else this.#timer.refresh();
  }

  /** Brings one viewer up to date, as far as it takes it. */
  #pump(viewer: Viewer): void {
    const { sink } = viewer;
    if (viewer.next < this.#past.start) {
      // Far behind: let it take all it has first, so that it is not overrun again at once.
      if (sink.backlog > 0) return;
      sink.resync();
      viewer.next = this.#scrollbackStart;
    }
    while (viewer.next < this.#flushed && sink.backlog < MAX_BACKLOG) {
      const bytes = this.#past.read(viewer.next);
      viewer.next += bytes.length;
      sink.send(bytes, () => this.#taken(viewer));
    }
  }

  #taken(viewer: Viewer): void {
    if (!this.#viewers.has(viewer)) return;
    this.#pump(viewer);
    if (this.#hold !== undefined && viewer.sink.backlog < MAX_BACKLOG) this.#hold.release();
  }

  /** True when there are viewers that keep up, and none of them can take more now. */
  #everybodyIsBusy(): boolean {
    let busy = false;
    for (const { sink, next } of this.#viewers) {
      if (next < this.#past.start) continue;
      if (sink.backlog < MAX_BACKLOG) return false;
      busy = true;
    }
    return busy;
  }

  #startHold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const release = () => {
      clearTimeout(timer);
      this.#hold = undefined;
      resolve();
    };
    const timer = setTimeout(release, HOLD_MS);
    this.#hold = { over: promise, release };
  }
}
