/**
 * The agent's end of a shim's socket. Promises the output in order and each byte at most once, and
 * exactly one last event: the exit of the game, or `lost` when the shim went without telling.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { connect, type OnReadOpts, type Socket } from 'node:net';
import { join } from 'node:path';
import { isAlive, type ProcessId } from '../lib/process-id.ts';
import {
  decodeOutput,
  encodeFrame,
  encodeJson,
  FrameReader,
  FrameType,
  type Attach,
  type ExitRecord,
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

export class ShimClient {
  readonly #runDir: string;
  readonly #shim: ProcessId;
  readonly #events: ShimEvents;
  #socket: Socket | undefined;
  #next: number;
  #over = false;
  #held: Promise<void> | undefined;

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

  /** False when the connection is broken or the game reads too slowly: the input was dropped. */
  write(data: Uint8Array): boolean {
    if (this.#socket?.readyState !== 'open' || this.#socket.writableLength > 262_144) return false;
    this.#socket.write(encodeFrame(FrameType.input, data));
    return true;
  }

  resize(size: Resize): void {
    this.#socket?.write(encodeJson(FrameType.resize, size));
  }

  /** Lets the shim of an ended game go. */
  release(): void {
    this.#socket?.end(encodeFrame(FrameType.release, Buffer.alloc(0)));
    this.#over = true;
  }

  /** Leaves shim and game alone. */
  detach(): void {
    this.#over = true;
    this.#socket?.destroy();
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
    const socket = connectIn(this.#runDir, runFiles.socket, onread);
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
    if (isAlive(this.#shim)) {
      setTimeout(() => this.#connect(), RECONNECT_MS);
      return;
    }
    this.#over = true;
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
