/**
 * The first packet of a player's connection names the host that the player typed.
 * Guarantees: no input makes it throw or take more than `maxHandshakeBytes`; what is no handshake is refused.
 */
import { readPacket, readVarint } from './wire.ts';

export interface Handshake {
  readonly kind: 'handshake';
  /** As routes name it, see {@link normalizeHost}. */
  readonly host: string;
  /** Of the client's version; an offline answer repeats it. */
  readonly protocol: number;
  readonly intent: 'status' | 'login';
  /** Bytes of the packet; more may follow it. */
  readonly length: number;
}
/** The server list of versions before 1.7, which since 1.6 names the host. */
export interface LegacyPing {
  readonly kind: 'legacy-ping';
  readonly host: string | null;
}
export type Opening =
  | Handshake
  | LegacyPing
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'garbage' };

/** A host name of 255 characters, with what mod loaders and proxies append to it. */
export const maxHandshakeBytes = 2_048;

const garbage: Opening = { kind: 'garbage' };
const incomplete: Opening = { kind: 'incomplete' };
const legacyMarker = 0xfe;
/** Status, login, and since 1.20.5 a login that another server sent the player to. */
const intents = new Map<number, Handshake['intent']>([
  [1, 'status'],
  [2, 'login'],
  [3, 'login'],
]);

export function readOpening(bytes: Buffer): Opening {
  if (bytes.length === 0) return incomplete;
  if (bytes[0] === legacyMarker) return readLegacyPing(bytes);
  try {
    // Clients of other protocols are not waited for: their second or third byte is no packet's id.
    const idAt = readVarint(bytes, 0)?.next ?? bytes.length;
    if (idAt < bytes.length && bytes[idAt] !== 0) return garbage;
    const packet = readPacket(bytes, maxHandshakeBytes);
    return packet === undefined ? incomplete : readHandshake(packet.body, packet.length);
  } catch {
    return garbage; // a length or a number that the protocol does not have
  }
}

function readHandshake(body: Buffer, length: number): Opening {
  const protocol = readVarint(body, 0);
  const size = protocol && readVarint(body, protocol.next);
  if (protocol === undefined || size === undefined || size.value < 0) return garbage;
  const end = size.next + size.value;
  const intent = body.length < end + 3 ? undefined : readVarint(body, end + 2);
  const known = intent && intents.get(intent.value);
  if (known === undefined) return garbage;
  return {
    kind: 'handshake',
    host: normalizeHost(body.toString('utf8', size.next, end)),
    protocol: protocol.value,
    intent: known,
    length,
  };
}

/**
 * `FE` up to 1.3, `FE 01` up to 1.5; 1.6 appends `FA`, the text `MC|PingHost`, and a block of
 * version, host and port. Texts are UTF-16BE with their length in characters.
 */
function readLegacyPing(bytes: Buffer): Opening {
  const blockAt = 3 + 2 + 2 * 'MC|PingHost'.length;
  if (bytes.length < 3) return { kind: 'legacy-ping', host: null };
  if (bytes[2] !== 0xfa) return garbage;
  if (bytes.length < blockAt + 5) return incomplete;
  const hostAt = blockAt + 2 + 1 + 2;
  const end = hostAt + 2 * bytes.readUInt16BE(hostAt - 2);
  if (end > maxHandshakeBytes) return garbage;
  if (bytes.length < end + 4) return incomplete; // the port follows
  const host = Buffer.from(bytes.subarray(hostAt, end)).swap16().toString('utf16le');
  return { kind: 'legacy-ping', host: normalizeHost(host) };
}

/**
 * Lower case, without the trailing dot of a name from an SRV record. Forge appends `\0FML…`, and proxies
 * against attacks append `///address///time`: both go.
 */
export function normalizeHost(host: string): string {
  const end = host.search(/\0|\/\/\//);
  return (end < 0 ? host : host.slice(0, end)).replace(/\.+$/, '').toLowerCase();
}
