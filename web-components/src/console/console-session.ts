/**
 * The line to a server's console: a WebSocket that first gives the scrollback, then the output as it comes, and that is
 * opened again by itself when it breaks. Each opening starts over with the scrollback, so nothing is doubled or lost.
 */
import type { Connection } from '../api/connection.ts';

export type SessionState = 'connecting' | 'open' | 'lost' | 'closed';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
/** A socket that opens and closes at once is no success: the waiting starts over only after this long. */
const STEADY_MS = 5_000;

/** The platform closes with it when the session of the viewer has ended. */
const SIGNED_OUT = 4401;

export interface SessionListener {
  /** The line is open, or caught up after being too slow: what follows starts with the scrollback. */
  opened(): void;
  output(bytes: Uint8Array): void;
  /** Something that was sent does not reach the server; `reason` is a sentence or two. */
  refused(reason: string): void;
  changed(): void;
}

export class ConsoleSession {
  state: SessionState = 'closed';
  #connection: Connection;
  #instanceId: string;
  #listener: SessionListener;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(connection: Connection, instanceId: string, listener: SessionListener) {
    this.#connection = connection;
    this.#instanceId = instanceId;
    this.#listener = listener;
  }

  /** Opens the line; when it waits to try again, tries at once. */
  open(): void {
    if (this.state === 'open' || this.state === 'connecting') return;
    clearTimeout(this.#timer);
    this.#set('connecting');
    const socket = new WebSocket(this.#address(), this.#protocols());
    socket.binaryType = 'arraybuffer';
    let openedAt = Infinity;
    socket.addEventListener('open', () => {
      openedAt = Date.now();
      this.#set('open');
      this.#listener.opened();
    });
    socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data !== 'string') this.#listener.output(new Uint8Array(data));
      else this.#noticed(data);
    });
    socket.addEventListener('close', ({ code }) => {
      if (code === SIGNED_OUT) this.#connection.dispatchEvent(new Event('signed-out'));
      this.#closed(socket, Date.now() - openedAt > STEADY_MS);
    });
    this.#socket = socket;
  }

  close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.#set('closed');
  }

  /** Sends a line as if typed at the server's own terminal; false when the line is down. */
  input(line: string): boolean {
    return this.keys(`${line}\r`);
  }

  /** Sends keys as a terminal writes them; false when the line is down. */
  keys(data: string): boolean {
    return this.#send({ type: 'input', data });
  }

  resize(cols: number, rows: number): void {
    this.#send({ type: 'resize', cols, rows });
  }

  #send(frame: unknown): boolean {
    if (this.state !== 'open') return false;
    this.#socket?.send(JSON.stringify(frame));
    return true;
  }

  #noticed(frame: string): void {
    const notice = JSON.parse(frame) as { type: string; detail?: string };
    if (notice.type === 'resync') this.#listener.opened();
    else if (notice.type === 'refused') this.#listener.refused(notice.detail ?? '');
  }

  #closed(socket: WebSocket, wasSteady: boolean): void {
    if (socket !== this.#socket) return;
    this.#failures = wasSteady ? 0 : this.#failures + 1;
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#set('lost');
    this.#timer = setTimeout(() => this.open(), delay);
  }

  #address(): string {
    const origin = (this.#connection.server || location.origin).replace(/^http/, 'ws');
    return `${origin}/api/instances/${encodeURIComponent(this.#instanceId)}/console`;
  }

  /** Browsers let a WebSocket carry no header but this one; an address would end in logs. */
  #protocols(): string[] {
    const { token } = this.#connection;
    return token ? ['zlh.console', `zlh.bearer.${token}`] : [];
  }

  #set(state: SessionState): void {
    if (this.state === state) return;
    this.state = state;
    this.#listener.changed();
  }
}
