/**
 * Names in a zip, which come in the encoding of its maker. The Unicode field (0x7075) wins where its sum is
 * right. UTF-8 follows, where the name is marked so or its bytes are valid. Code page 437 is the last resort.
 * Shift-JIS or GBK replaces it where a character of two bytes ends in a backslash, if every name fits.
 * Control bytes stay control bytes.
 */
import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { textOf } from '../names.ts';

/** A name as the central directory holds it. */
export interface RawName {
  readonly bytes: Buffer;
  readonly isMarkedUtf8: boolean;
  readonly extraFields: readonly { readonly id: number; readonly data: Buffer }[];
  /** Made on FAT or NTFS, whose names hold no backslash. */
  readonly isDos: boolean;
}

const doubleByte = ['shift_jis', 'gbk'] as const;
type Encoding = (typeof doubleByte)[number] | 'cp437';

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const unicodePath = 0x7075;
const upperHalf =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

export class ZipNames {
  #hasSlash = false;
  /** Backslashes that each encoding reads as a part of a character; undefined when it cannot read a name. */
  readonly #consumed = new Map<(typeof doubleByte)[number], number>(
    doubleByte.map((encoding) => [encoding, 0]),
  );

  /** Told of every name before the first is read. */
  add(name: RawName): void {
    if (name.bytes.includes(SLASH)) this.#hasSlash = true;
    if (unicodeText(name) !== undefined) return;
    for (const [encoding, consumed] of this.#consumed) {
      const text = decoded(name.bytes, encoding);
      if (text === undefined) this.#consumed.delete(encoding);
      else this.#consumed.set(encoding, consumed + backslashes(name.bytes) - countOf(text, '\\'));
    }
  }

  textOf(name: RawName): string {
    const text = unicodeText(name) ?? this.#otherText(name.bytes);
    return (name.isDos || !this.#hasSlash) && text.includes('\\') ? fromDos(text) : text;
  }

  #otherText(bytes: Buffer): string {
    const text = decoded(bytes, this.#encoding);
    return text ?? textOf(bytes);
  }

  get #encoding(): Encoding {
    let [best, most]: [Encoding, number] = ['cp437', 0];
    for (const [encoding, consumed] of this.#consumed)
      if (consumed > most) [best, most] = [encoding, consumed];
    return best;
  }
}

/** `\` parts a path. A drive makes it absolute, which is refused as such. */
function fromDos(text: string): string {
  const path = text.replaceAll('\\', '/');
  return /^[A-Za-z]:\//.test(path) ? `/${path}` : path;
}

/** Undefined for a name that is neither told in a field nor UTF-8. */
function unicodeText({ bytes, isMarkedUtf8, extraFields }: RawName): string | undefined {
  for (const { id, data } of extraFields) {
    if (id !== unicodePath || data.length < 6 || data[0] !== 1) continue;
    const path = data.subarray(5);
    if (data.readUInt32LE(1) === crc32(bytes) && isUtf8(path)) return textOf(path);
  }
  return isMarkedUtf8 || isUtf8(bytes) ? textOf(bytes) : undefined;
}

function decoded(bytes: Buffer, encoding: Encoding): string | undefined {
  if (encoding === 'cp437')
    return Array.from(bytes, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : upperHalf[byte - 0x80],
    ).join('');
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined; // these bytes mean nothing in it
  }
}

const backslashes = (bytes: Buffer) => bytes.filter((byte) => byte === BACKSLASH).length;
const countOf = (text: string, one: string) => text.split(one).length - 1;
