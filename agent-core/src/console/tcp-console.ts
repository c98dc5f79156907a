/**
 * A console behind a port of the game (Teeworlds' `econ` and its like): the password as the first line, then commands
 * as lines. Guarantees: nothing is said to anybody but the server itself, whoever listens on its port. The
 * password is sent once per connection and never joins the console stream. A lost connection is made again, and
 * lines that wait for it are bounded.
 */
import { connect, type Socket } from 'node:net';
import type { ConsoleKind, ConsoleSpec, ConsoleTarget, GameConsole } from '../contract/console.ts';

const RETRY_MS = 500;
/** Lines that wait for the connection, or for the game to read. */
const MOST_WAITING = 64;
/** Before the login is answered; more than a greeting is not looked at. */
const MOST_GREETING = 4096;

interface Options {
  /** Name of the secret that is the password; absent: no login. */
  readonly secret?: string;
  /** A regular expression: the login was accepted. Absent: nothing is waited for. */
  readonly accepted?: string;
  /** `ignore` where the game prints the same on its terminal. Default `join`. */
  readonly output?: 'join' | 'ignore';
}

export const tcpConsole: ConsoleKind = {
  kind: 'tcp',
  fault: faultOf,
  open: (target) => new TcpConsole(target),
};

function faultOf({ port, options = {} }: ConsoleSpec): string | undefined {
  if (port === undefined) return 'needs a port';
  const { secret, accepted, output = 'join' } = options;
  if (secret !== undefined && typeof secret !== 'string') return 'needs a name as its secret';
  if (output !== 'join' && output !== 'ignore') return 'has an output other than join and ignore';
  if (accepted === undefined) return undefined;
  try {
    return typeof accepted === 'string' && new RegExp(accepted) instanceof RegExp
      ? undefined
      : 'needs a regular expression to recognise its login';
  } catch {
    return 'has no regular expression to recognise its login';
  }
}

interface Waiting {
  readonly line: string;
  readonly settle: (taken: boolean) => void;
}

class TcpConsole implements GameConsole {
  readonly #target: ConsoleTarget;
  readonly #options: Options;
  #socket: Socket | undefined;
  #open = false;
  /** The game has not read what was sent before. */
  #busy = false;
  #waiting: Waiting[] = [];
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(target: ConsoleTarget) {
    this.#target = target;
    this.#options = target.options;
    this.#connect();
  }

  /** Resolves when the line is on its way, behind nothing that this process still holds. */
  send(line: string, signal?: AbortSignal): boolean | Promise<boolean> {
    if (this.#closed || this.#waiting.length >= MOST_WAITING) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiting: Waiting = { line, settle: resolve };
    this.#waiting.push(waiting);
    const takeBack = () => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      resolve(false);
    };
    signal?.addEventListener('abort', takeBack, { once: true });
    this.#pump();
    return promise.finally(() => signal?.removeEventListener('abort', takeBack));
  }

  close(): void {
    for (const { settle } of this.#waiting.splice(0)) settle(false);
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  #connect(): void {
    const { host, port, secret } = this.#target;
    const socket = connect({ host, port: port ?? 0 });
    this.#socket = socket;
    socket.on('connect', () => {
      if (!this.#target.isServer(socket)) return socket.destroy();
      if (this.#options.secret !== undefined) socket.write(`${secret(this.#options.secret)}\n`);
      if (this.#options.accepted === undefined) this.#accept();
    });
    socket.on('error', () => {}); // 'close' follows and deals with it
    socket.on('close', () => this.#lost());
    let greeting = '';
    socket.on('data', (bytes) => {
      if (this.#open) return this.#output(bytes);
      greeting = (greeting + bytes.toString('latin1')).slice(-MOST_GREETING);
      if (new RegExp(this.#options.accepted ?? '').test(greeting)) this.#accept();
    });
  }

  #accept(): void {
    this.#open = true;
    this.#pump();
  }

  /** One line at a time, so that what a game does not read can still be taken back. */
  #pump(): void {
    const socket = this.#socket;
    if (!this.#open || this.#busy || socket === undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#busy = true;
    socket.write(`${next.line}\n`, (error) => {
      next.settle(!error);
      if (socket !== this.#socket) return;
      this.#busy = false;
      this.#pump();
    });
  }

  /** The game may not listen yet, or have let go of us. */
  #lost(): void {
    this.#open = this.#busy = false;
    this.#socket = undefined;
    if (!this.#closed) this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
  }

  /** As a terminal shows it; NULs between lines are Teeworlds'. */
  #output(bytes: Buffer): void {
    if (this.#options.output === 'ignore') return;
    const text = bytes.toString('latin1').replaceAll('\0', '').replace(/\r?\n/g, '\r\n');
    this.#target.output(Buffer.from(text, 'latin1'));
  }
}
