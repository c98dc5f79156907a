/** One byte range of a `Range` header (RFC 9110 §14). */

/** Inclusive positions. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * `null` when the whole is to be sent: no header, another unit, several ranges, or a text that is no range.
 * `unsatisfiable` when it asks for nothing that exists.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Number(last);
    return length === 0 || size === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null; // not a valid range, so it is ignored
  return start >= size ? 'unsatisfiable' : { start, end };
}
