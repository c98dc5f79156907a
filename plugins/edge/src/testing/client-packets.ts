/** The packets that a player's client begins with. */
import { packet, text, varint } from '../wire.ts';

export function handshake(
  host: string,
  {
    intent = 2,
    protocol = 769,
    port = 25_565,
  }: Partial<Record<'intent' | 'protocol' | 'port', number>> = {},
): Buffer {
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16BE(port);
  return packet(0, varint(protocol), text(host), portBytes, varint(intent));
}

export const statusRequest = packet(0);

/** The server list of 1.6. */
export function legacyPing(host: string): Buffer {
  const utf16 = (value: string) => Buffer.from(value, 'utf16le').swap16();
  const short = (value: number) => Buffer.from([value >> 8, value & 0xff]);
  const channel = 'MC|PingHost';
  const block = Buffer.concat([
    Buffer.from([78]),
    short(host.length),
    utf16(host),
    Buffer.from([0, 0, 0x63, 0xdd]),
  ]);
  return Buffer.concat([
    Buffer.from([0xfe, 0x01, 0xfa]),
    short(channel.length),
    utf16(channel),
    short(block.length),
    block,
  ]);
}
