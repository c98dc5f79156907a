/**
 * Asks a Minecraft server for its status as the multiplayer screen of the game does. Promises an answer
 * or a rejection, bounded in size; the time limit is the caller's signal.
 */
import { connect } from 'node:net';
import { decodeVarint, encodeVarint } from './varint.ts';

export interface ServerStatus {
  readonly version: string;
  readonly players: { readonly online: number; readonly max: number };
}

const MAX_ANSWER = 1_048_576;
/** "Which versions do you speak?": every server answers it, whatever its own version. */
const ANY_VERSION = -1;
const STATUS = 1;

export function pingStatus(host: string, port: number, signal: AbortSignal): Promise<ServerStatus> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal, noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    socket.on('connect', () => socket.write(request(host, port)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      try {
        const status = parseAnswer(received);
        if (status === undefined) return;
        socket.destroy();
        resolve(status);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server hung up without an answer')));
  });
}

/** Handshake and status request in one write. */
function request(host: string, port: number): Buffer {
  const name = Buffer.from(host);
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16BE(port);
  const version = encodeVarint(ANY_VERSION);
  const handshake = [
    encodeVarint(0),
    version,
    encodeVarint(name.length),
    name,
    portBytes,
    encodeVarint(STATUS),
  ];
  return Buffer.concat([packet(...handshake), packet(encodeVarint(0))]);
}

function packet(...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([encodeVarint(body.length), body]);
}

/** Undefined while bytes are missing; throws on anything that is no status answer. */
export function parseAnswer(bytes: Buffer): ServerStatus | undefined {
  const length = decodeVarint(bytes, 0);
  if (length === undefined) return undefined;
  if (length.value < 3 || length.value > MAX_ANSWER)
    throw new Error('the answer has no sensible length');
  if (bytes.length < length.next + length.value) return undefined;
  const body = bytes.subarray(length.next, length.next + length.value);
  const id = decodeVarint(body, 0);
  const size = id === undefined ? undefined : decodeVarint(body, id.next);
  if (id?.value !== 0 || size === undefined) throw new Error('the answer is no status');
  return readStatus(JSON.parse(body.subarray(size.next, size.next + size.value).toString('utf8')));
}

function readStatus(json: unknown): ServerStatus {
  const { version, players } = (json ?? {}) as {
    version?: { name?: unknown };
    players?: { online?: unknown; max?: unknown };
  };
  return {
    version: typeof version?.name === 'string' ? version.name.slice(0, 64) : 'unknown',
    players: { online: count(players?.online), max: count(players?.max) },
  };
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
