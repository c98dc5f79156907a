/**
 * A console viewer that knows the fake server's flood of numbered lines, and throws when within one connection a line
 * is missing, doubled or torn without a resync before it. Also the two other ends of such a flood: the player who
 * stays connected, and the hand that turns it on and off.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { socketUrlOf } from '@zlh/kernel/testing';
import { WebSocket } from 'ws';
import type { TestAgent } from './test-agent.ts';

const DIGITS = 12;
const LINE = 64;

export class FloodViewer {
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  /** First and last number shown since the connection or the last resync; -1 when none. */
  first = -1;
  last = -1;
  resyncs = 0;
  /** All bytes since the connection or the last resync. */
  bytes = 0;
  fault: string | undefined;
  #rest: Buffer = Buffer.alloc(0);
  /** The first line of a scrollback may have lost its beginning. */
  #whole = false;
  #wake = () => {};
  #open = true;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#open = false;
        this.#wake();
        resolve();
      });
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('message', (data: Buffer, binary: boolean) => {
      if (binary) this.#show(data);
      else if (saysResync(data)) this.#resync();
      this.#wake();
    });
  }

  static open(agent: TestAgent): Promise<FloodViewer> {
    return FloodViewer.at(socketUrlOf(agent.url, '/console'), {
      authorization: `Bearer ${agent.token}`,
    });
  }

  /** Of a console behind another address than the agent's own. */
  static async at(url: string, headers: Readonly<Record<string, string>>): Promise<FloodViewer> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers });
    const viewer = new FloodViewer(socket);
    await once(socket, 'open');
    return viewer;
  }

  /** Resolves when the line with this number was shown; rejects at a fault, or when the agent hangs up. */
  async until(number: number): Promise<void> {
    while (this.last < number && this.fault === undefined && this.#open)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.fault !== undefined) throw new Error(this.fault);
    if (this.last < number) throw new Error(`closed at line ${this.last}, before line ${number}`);
  }

  close(): void {
    this.#socket.terminate();
  }

  #resync(): void {
    this.resyncs++;
    this.first = this.last = -1;
    this.bytes = 0;
    this.#rest = Buffer.alloc(0);
    this.#whole = false;
  }

  #show(data: Buffer): void {
    this.bytes += data.length;
    const all = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    for (let end = all.indexOf(10); end >= 0; end = all.indexOf(10, at)) {
      if (this.#whole) this.#line(all, at, end + 1);
      this.#whole = true;
      at = end + 1;
    }
    this.#rest = all.subarray(at);
  }

  #line(all: Buffer, from: number, to: number): void {
    let number = 0;
    for (let at = from; at < from + DIGITS; at++) {
      const digit = all[at]! - 48;
      // Something else the server said; half a line of the flood is one that begins with a digit.
      if (digit < 0 || digit > 9) {
        if (at > from) this.fault ??= `torn: ${all.toString('latin1', from, to)}`;
        return;
      }
      number = number * 10 + digit;
    }
    if (to - from !== LINE) this.fault ??= `torn: ${all.toString('latin1', from, to)}`;
    if (this.last >= 0 && number !== this.last + 1)
      this.fault ??= `line ${number} came after line ${this.last}`;
    if (this.first < 0) this.first = number;
    this.last = number;
  }
}

/** Whether a console's text message asks its viewer to begin anew; others say what kind of console it is. */
export function saysResync(message: Buffer): boolean {
  return (JSON.parse(message.toString()) as { type: string }).type === 'resync';
}

/** A player of the fake server: says something ten times a second and counts the answers. */
export class FakePlayer {
  answers = 0;
  /** Why the connection ended, if it did. */
  ended: string | undefined;
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#timer = setInterval(() => this.#socket.write('.'), 100);
    this.#socket.on('data', () => this.answers++);
    this.#socket.on('error', (error) => (this.ended ??= error.message));
    this.#socket.on('close', () => (this.ended ??= 'closed'));
  }

  leave(): void {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }
}

/** Has the fake server do a command, without a word on its console. Answers how many lines its flood had so far. */
export async function direct(port: number, command: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`!${command}`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return Number(answer.toString());
}
