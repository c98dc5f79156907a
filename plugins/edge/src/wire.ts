/** The few pieces of the Minecraft protocol's wire format that an edge reads and writes. */

const maxVarintBytes = 5;

/** Seven bits a byte, lowest first. Undefined while bytes are missing; throws a RangeError for none. */
export function readVarint(
  bytes: Buffer,
  at: number,
): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let index = 0; index < maxVarintBytes; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value |= (byte & 0x7f) << (7 * index);
    if ((byte & 0x80) === 0) return { value, next: at + index + 1 };
  }
  throw new RangeError('A number is longer than five bytes.');
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return Buffer.from(bytes);
}

export function packet(id: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([varint(id), ...parts]);
  return Buffer.concat([varint(body.length), body]);
}

/** A text with its length in bytes before it. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** The packet at the start of the bytes; undefined while incomplete, throws a RangeError beyond the limit. */
export function readPacket(
  bytes: Buffer,
  maxBytes: number,
): { readonly id: number; readonly body: Buffer; readonly length: number } | undefined {
  const length = readVarint(bytes, 0);
  if (length === undefined) return undefined;
  if (length.value < 1 || length.value > maxBytes)
    throw new RangeError('A packet has no sensible length.');
  const end = length.next + length.value;
  if (bytes.length < end) return undefined;
  const whole = bytes.subarray(length.next, end);
  const id = readVarint(whole, 0);
  if (id === undefined) throw new RangeError('A packet has no id.');
  return { id: id.value, body: whole.subarray(id.next), length: end };
}
