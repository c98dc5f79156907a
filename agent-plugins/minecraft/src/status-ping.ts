/**
 * Asks a Minecraft server for its status as the multiplayer screen of the game does. Promises an answer
 * or a rejection, bounded in size; the time limit is the caller's signal.
 */
import { connect } from 'node:net';
import type { Players } from '@zlh/agent';
import { decodeVarint, encodeVarint } from './varint.ts';

export interface ServerStatus {
  /** Null: it does not say. */
  readonly version: string | null;
  readonly players: Players | null;
}

const MAX_ANSWER = 1_048_576;
/** "Which versions do you speak?": every server answers it, whatever its own version. */
const ANY_VERSION = -1;
const STATUS = 1;
// oxlint-disable-next-line no-control-regex -- not allowed raw in JSON; a byte order mark neither
const CONTROL = /[\u0000-\u001f\ufeff]/g;

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
  if (length.value < 2 || length.value > MAX_ANSWER)
    throw new Error('the answer has no sensible length');
  if (bytes.length < length.next + length.value) return undefined;
  const body = bytes.subarray(length.next, length.next + length.value);
  const id = decodeVarint(body, 0);
  const size = id === undefined ? undefined : decodeVarint(body, id.next);
  if (id?.value !== 0 || size === undefined) throw new Error('the answer is no status');
  if (size.value > body.length - size.next) throw new Error('the answer is no status');
  return readStatus(parseLeniently(body.toString('utf8', size.next, size.next + size.value)));
}

/**
 * A server that frames its answer well plays, whatever stands in it: names and descriptions come from its owner, and
 * some servers put them in as they are. Undefined when it is no JSON at all.
 */
function parseLeniently(text: string): unknown {
  for (const each of [text, text.replace(CONTROL, ' ').trim()]) {
    try {
      return JSON.parse(each) as unknown;
    } catch {
      continue; // the next reading forgives more
    }
  }
  return undefined;
}

function readStatus(json: unknown): ServerStatus {
  const { version, players } = (json ?? {}) as {
    version?: { name?: unknown } | null;
    players?: { online?: unknown; max?: unknown } | null;
  };
  const [online, max] = [count(players?.online), count(players?.max)];
  return {
    version: typeof version?.name === 'string' ? version.name.slice(0, 64) : null,
    players: online === null && max === null ? null : { online, max },
  };
}

/** Null for what is no count. */
function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
