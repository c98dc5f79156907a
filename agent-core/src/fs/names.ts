/**
 * Names of files as text, without loss. Linux names are bytes; what is no UTF-8 in them is written as characters of
 * U+F780 to U+F7FF (U+F700 + byte), and read back as those bytes. Promises that every name has exactly one text, and
 * that no text stands for a way out of its folder.
 */
import { isUtf8 } from 'node:buffer';
import { holdsUnseen } from '@zlh/kernel';
import { refusals } from './errors.ts';

const mostBytes = 255;
const mostParts = 128;
const longestPath = 4000;
const escapeBase = 0xf700;
const escaped = /[\uf780-\uf7ff]/;

export function textOf(name: Buffer): string {
  if (isUtf8(name)) {
    const text = name.toString('utf8');
    if (!escaped.test(text)) return text;
  }
  let text = '';
  for (let at = 0; at < name.length;) {
    const length = characterLength(name, at);
    const character = name.toString('utf8', at, at + length);
    if (length === 0 || escaped.test(character))
      for (const byte of name.subarray(at, at + Math.max(1, length)))
        text += byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(escapeBase + byte);
    else text += character;
    at += Math.max(1, length);
  }
  return text;
}

/** Bytes of the character that begins here; 0 when none does. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  return isUtf8(bytes.subarray(at, at + length)) && at + length <= bytes.length ? length : 0;
}

export function bytesOf(text: string): Buffer {
  if (!escaped.test(text)) return Buffer.from(text);
  return Buffer.concat(
    Array.from(text, (character) =>
      escaped.test(character)
        ? Buffer.from([character.charCodeAt(0) - escapeBase])
        : Buffer.from(character),
    ),
  );
}

/** A path of something that is there: its parts. The instance's folder itself has none. */
export function parsePath(path: string): Buffer[] {
  if (path === '') return [];
  const bad = (code: string, why: string) => refusals.badPath(code, path, why);
  if (path.startsWith('/')) throw bad('FILES_PATH_ABSOLUTE', 'is an absolute path');
  if (path.includes('\0')) throw bad('FILES_PATH_NUL', 'holds the NUL character');
  if (!path.isWellFormed()) throw bad('FILES_PATH_TEXT', 'is no well-formed text');
  if (Buffer.byteLength(path) > longestPath) throw bad('FILES_PATH_LONG', 'is too long');
  const parts = path.split('/');
  if (parts.length > mostParts) throw bad('FILES_PATH_DEEP', 'has too many parts');
  return parts.map((part) => {
    if (part === '') throw bad('FILES_PATH_EMPTY', 'has an empty part');
    if (part === '.' || part === '..') throw bad('FILES_PATH_DOTS', 'has a "." or ".." part');
    const bytes = bytesOf(part);
    if (bytes.length > mostBytes) throw bad('FILES_NAME_LONG', 'has a name that is too long');
    if (textOf(bytes) !== part)
      throw bad('FILES_PATH_TEXT', 'writes a name otherwise than it is listed');
    return bytes;
  });
}

/** A path of something to be made: what other systems, consoles and scripts would stumble over is not made here. */
export function parseNewPath(path: string): Buffer[] {
  const parts = parsePath(path);
  for (const part of path.split('/')) {
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    if (/[\u0000-\u001f\u007f-\u009f]/.test(part))
      throw refusals.badPath('FILES_NAME_CONTROL', path, 'holds control characters');
    if (holdsUnseen(part)) {
      const why = 'holds characters that are invisible or turn the direction of text';
      throw refusals.badPath('FILES_NAME_UNSEEN', path, why);
    }
    if (part.includes('\\'))
      throw refusals.badPath('FILES_NAME_BACKSLASH', path, 'holds a backslash');
  }
  return parts;
}

/** As it is asked for in a route. */
export function joined(parts: readonly Buffer[]): string {
  return parts.map(textOf).join('/');
}
