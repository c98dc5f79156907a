/**
 * A connection to an agent that reads into buffers of its own, which are used again and again. Whoever takes what has
 * come may keep it until two more pieces have come. With a buffer made for each piece, as Node does by itself, a large
 * download costs twice as much: bench/README.md.
 */
import type { OnReadOpts, Socket } from 'node:net';
import { connected } from '@zlh/kernel';
import { connectMs } from '../connections.ts';

/** Opens the connection, with buffers of ours to read into. */
export type Connect = (onread: OnReadOpts) => Socket;

const smallBuffer = 64 * 1024;

export class Line {
  readonly socket: Socket;
  /** Gets each piece; false: nothing more before `resume`. */
  take: (piece: Buffer) => boolean = () => false;
  /** Called once, with the error that ended it, or with nothing when the agent hung up. */
  ended: (error?: Error) => void = () => undefined;
  /** Whether it is the agent's turn to do something; asked when nothing has moved for too long. */
  expecting: () => boolean = () => true;
  #buffers = [Buffer.allocUnsafeSlow(smallBuffer), Buffer.allocUnsafeSlow(smallBuffer)];
  readonly #silentMs: number;
  #turn = 0;
  #wanting = true;
  #open = false;

  constructor(connect: Connect, silentMs = 60_000) {
    this.#silentMs = silentMs;
    this.socket = connect({
      buffer: () => this.#buffers[this.#turn++ % 2]!,
      callback: (bytes, buffer) =>
        (this.#wanting = this.take((buffer as Buffer).subarray(0, bytes))),
    });
    this.socket.setTimeout(connectMs, () => this.#timedOut());
    this.socket.once(connected(this.socket), () => {
      this.#open = true;
      this.socket.setTimeout(silentMs);
    });
    this.socket.once('error', (error) => this.#end(error));
    this.socket.once('close', () => this.#end());
    this.socket.once('end', () => this.#end());
  }

  /** From the next piece but one on. */
  enlarge(bytes: number): void {
    if (bytes > smallBuffer)
      this.#buffers = [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)];
  }

  resume(): void {
    if (this.#wanting || this.socket.destroyed) return;
    this.#wanting = true;
    this.socket.setTimeout(this.#silentMs); // what was waited for meanwhile was not the agent
    this.socket.resume();
  }

  close(error?: Error): void {
    this.#end(error);
    this.socket.destroy();
  }

  #timedOut(): void {
    if (!this.#open || (this.#wanting && this.expecting()))
      this.close(new Error('the agent did nothing for too long'));
    else this.socket.setTimeout(this.#silentMs);
  }

  #end(error?: Error): void {
    const { ended } = this;
    this.ended = () => undefined;
    ended(error);
  }
}
