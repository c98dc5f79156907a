/** Numbers as the Minecraft protocol writes them: seven bits a byte, lowest first, 32 bits at most. */

const MAX_BYTES = 5;

export function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return Buffer.from(bytes);
}

/** Undefined while bytes are missing; throws when it is no varint. */
export function decodeVarint(
  bytes: Buffer,
  at: number,
): { value: number; next: number } | undefined {
  let value = 0;
  for (let i = 0; i < MAX_BYTES; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value |= (byte & 0x7f) << (7 * i);
    if ((byte & 0x80) === 0) return { value, next: at + i + 1 };
  }
  throw new RangeError('a number is longer than five bytes');
}
