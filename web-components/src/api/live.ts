/**
 * The live connection to the platform: `GET /api/events`, kept open while somebody looks at the page, and opened
 * again by itself when it breaks. A hidden tab gives its connection back (browsers allow six per platform) and
 * catches up when it is looked at again.
 */
import { EventParser } from './event-stream.ts';

export type LiveState = 'connecting' | 'open' | 'lost' | 'paused';

export interface LiveOptions {
  server: string;
  token: string;
  onSignedOut(): void;
}

type Listener = (data: unknown) => void;

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
const HIDDEN_FOR_MS = 30_000;
/** The platform says something every 15 seconds; a line that is silent for longer is dead. */
const SILENT_MS = 45_000;

export class Live extends EventTarget {
  /** `change` is dispatched when it changes, `resync` when the stream is open again after a gap. */
  state: LiveState = 'connecting';
  #options: LiveOptions;
  #listeners = new Map<string, Set<Listener>>();
  #lastId = '';
  #failures = 0;
  #gap = false;
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveOptions) {
    super();
    this.#options = options;
    document.addEventListener('visibilitychange', () => this.#visibility());
    addEventListener('online', () => this.#again(0));
  }

  /** Calls back with the data of every event of a type; returns the way to stop. */
  on(type: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  start(): void {
    if (!this.#abort) void this.#read();
  }

  /** Closes it for good, as on signing out; `start` opens it anew. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
    this.#lastId = '';
    this.#gap = true;
    this.#set('paused');
  }

  async #read(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    try {
      await this.#stream(abort.signal);
    } catch {
      // Refused, cut or aborted: all end in the same way, by trying again below.
    }
    if (abort.signal.aborted) return;
    this.#gap = true;
    this.#set('lost');
    this.#again(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++));
  }

  async #stream(signal: AbortSignal): Promise<void> {
    const { server, token } = this.#options;
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (token) headers['authorization'] = `Bearer ${token}`;
    if (this.#lastId) headers['last-event-id'] = this.#lastId;
    const response = await fetch(`${server}/api/events`, { headers, signal, cache: 'no-store' });
    if (response.status === 401) this.#options.onSignedOut();
    if (!response.ok || !response.body) return;
    this.#opened();
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const alive = this.#watch(signal, () => void reader.cancel());
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      alive();
      for (const event of parser.push(part.value)) {
        this.#lastId = event.id;
        this.#deliver(event.type, event.data);
      }
    }
  }

  /** Cuts the line when nothing came for too long; the answer is to be called whenever something did. */
  #watch(signal: AbortSignal, cut: () => void): () => void {
    const alive = (): void => {
      clearTimeout(this.#silence);
      if (!signal.aborted) this.#silence = setTimeout(cut, SILENT_MS);
    };
    signal.addEventListener('abort', () => clearTimeout(this.#silence));
    alive();
    return alive;
  }

  #opened(): void {
    this.#failures = 0;
    this.#set('open');
    if (this.#gap) this.dispatchEvent(new Event('resync'));
    this.#gap = false;
  }

  #deliver(type: string, text: string): void {
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      return; // Not for us: every event of the platform is JSON.
    }
    // Some events are lost for good: everything shown must be read again.
    if (type === 'resync') this.dispatchEvent(new Event('resync'));
    for (const listener of this.#listeners.get(type) ?? []) listener(data);
  }

  #again(delayMs: number): void {
    if (this.state !== 'lost') return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), delayMs * (0.75 + Math.random() / 2));
  }

  #visibility(): void {
    if (!this.#abort) return;
    clearTimeout(this.#timer);
    if (document.hidden) this.#timer = setTimeout(() => this.#pause(), HIDDEN_FOR_MS);
    else if (this.state === 'paused') void this.#read();
    else this.#again(0);
  }

  #pause(): void {
    this.#abort?.abort();
    this.#gap = true;
    this.#set('paused');
  }

  #set(state: LiveState): void {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}
