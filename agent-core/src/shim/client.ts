/**
 * The agent's end of a shim's socket. Promises the output in order and each byte at most once, and
 * exactly one last event: the exit of the game, or `lost` when the shim went without telling.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { connect, type OnReadOpts, type Socket } from 'node:net';
import { join } from 'node:path';
import { isRunning, type ProcessId } from '@zlh/kernel/process-id';
import {
  decodeOutput,
  decodeTaken,
  encodeFrame,
  encodeJson,
  FrameReader,
  FrameType,
  type Attach,
  type ExitRecord,
  type Hello,
  type Resize,
} from './frames.ts';
import { runFiles } from './launch.ts';

export interface ShimEvents {
  /**
   * `offset` jumps ahead where output was overwritten before it could be read; the bytes are only valid
   * during the call. An answered promise holds further output back until it resolves; what was on its way
   * may still come.
   */
  output(offset: number, bytes: Buffer): Promise<void> | undefined;
  exit(record: ExitRecord): void;
  /** The shim is dead and its last word, if any, is on disk. */
  lost(): void;
}

const RECONNECT_MS = 50;

/** Input that the shim has, and what it will have told when the terminal has all of it. */
interface OnItsWay {
  readonly end: number;
  readonly settle: (taken: boolean) => void;
}

export class ShimClient {
  readonly #runDir: string;
  readonly #shim: ProcessId;
  readonly #events: ShimEvents;
  #socket: Socket | undefined;
  #next: number;
  #over = false;
  #held: Promise<void> | undefined;
  /** Of this connection: whether the shim tells what was taken; undefined until it has said hello. */
  #tellsTaken: boolean | undefined;
  #sent = 0;
  #onItsWay: OnItsWay[] = [];
  /** Input that waits for a connection. */
  #unsent: { readonly data: Uint8Array; readonly settle: (taken: boolean) => void }[] = [];

  private constructor(runDir: string, shim: ProcessId, from: number, events: ShimEvents) {
    this.#runDir = runDir;
    this.#shim = shim;
    this.#next = from;
    this.#events = events;
  }

  /** Attaches, and attaches again whenever the connection breaks while the shim lives. */
  static attach(runDir: string, shim: ProcessId, from: number, events: ShimEvents): ShimClient {
    const client = new ShimClient(runDir, shim, from, events);
    client.#connect();
    return client;
  }

  /**
   * Resolves with true when the game's terminal has taken it, with false when it has not, or nobody can tell any more.
   * How much waits is the caller's to bound.
   */
  write(data: Uint8Array): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (this.#over) resolve(false);
    else if (this.#tellsTaken === undefined) this.#unsent.push({ data, settle: resolve });
    else this.#send(data, resolve);
    return promise;
  }

  resize(size: Resize): void {
    this.#socket?.write(encodeJson(FrameType.resize, size));
  }

  /** Lets the shim of an ended game go. */
  release(): void {
    this.#socket?.end(encodeFrame(FrameType.release, Buffer.alloc(0)));
    this.#end();
  }

  /** Leaves shim and game alone. */
  detach(): void {
    this.#end();
    this.#socket?.destroy();
  }

  #end(): void {
    this.#over = true;
    this.#forgetSent();
    for (const { settle } of this.#unsent.splice(0)) settle(false);
  }

  #send(data: Uint8Array, settle: (taken: boolean) => void): void {
    const frame = encodeFrame(FrameType.input, data);
    if (this.#tellsTaken !== true) {
      this.#socket?.write(frame, (error) => settle(!error));
      return;
    }
    this.#socket?.write(frame);
    this.#sent += data.length;
    this.#onItsWay.push({ end: this.#sent, settle });
  }

  #taken(total: number): void {
    while ((this.#onItsWay[0]?.end ?? Infinity) <= total) this.#onItsWay.shift()!.settle(true);
  }

  /** With the connection goes the knowledge of what became of it. */
  #forgetSent(): void {
    this.#tellsTaken = undefined;
    this.#sent = 0;
    for (const { settle } of this.#onItsWay.splice(0)) settle(false);
  }

  #greeted({ tellsTaken = false }: Hello): void {
    this.#tellsTaken = tellsTaken;
    for (const { data, settle } of this.#unsent.splice(0)) this.#send(data, settle);
  }

  #connect(): void {
    if (this.#over) return;
    const reader = new FrameReader((type, payload) => this.#receive(type, payload));
    const take = (count: number) => {
      try {
        reader.took(count);
      } catch (error) {
        socket.destroy(error as Error);
      }
      return true;
    };
    const onread = { buffer: () => reader.space, callback: take };
    let socket: Socket;
    try {
      socket = connectIn(this.#runDir, runFiles.socket, onread);
    } catch {
      // The folder is gone, or the process has too many files open: as for a connection that is refused.
      setImmediate(() => this.#closed());
      return;
    }
    this.#socket = socket;
    const attach: Attach = { from: this.#next };
    socket.on('connect', () => socket.write(encodeJson(FrameType.attach, attach)));
    socket.on('error', () => {}); // 'close' follows and decides what it meant
    socket.on('close', () => this.#closed());
  }

  #receive(type: number, payload: Buffer): void {
    if (this.#over) return;
    if (type === FrameType.output) {
      const { offset, bytes } = decodeOutput(payload);
      this.#next = offset + bytes.length;
      const until = this.#events.output(offset, bytes);
      if (until !== undefined && until !== this.#held) void this.#hold(until);
    } else if (type === FrameType.taken) {
      this.#taken(decodeTaken(payload));
    } else if (type === FrameType.hello) {
      this.#greeted(JSON.parse(payload.toString()) as Hello);
    } else if (type === FrameType.exit) {
      const record = JSON.parse(payload.toString()) as ExitRecord;
      this.release();
      this.#events.exit(record);
    }
  }

  async #hold(until: Promise<void>): Promise<void> {
    this.#held = until;
    this.#socket?.pause();
    await until;
    if (this.#held === until) this.#held = undefined;
    if (this.#held === undefined) this.#socket?.resume();
  }

  #closed(): void {
    if (this.#over) return;
    this.#forgetSent();
    if (isRunning(this.#shim)) {
      setTimeout(() => this.#connect(), RECONNECT_MS);
      return;
    }
    this.#end();
    this.#events.lost();
  }
}

/** Connects by way of a folder handle, because a socket's path may not exceed 107 bytes. */
function connectIn(folder: string, name: string, onread: OnReadOpts): Socket {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const socket = connect({ path: join(`/proc/self/fd/${fd}`, name), onread });
  const close = () => {
    socket.off('connect', close);
    socket.off('error', close);
    closeSync(fd);
  };
  socket.on('connect', close);
  socket.on('error', close);
  return socket;
}
