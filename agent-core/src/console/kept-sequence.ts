/** What a game's log may hold, as patterns over bytes read as Latin-1. */

/** Of those that are kept: SGR with the numbers of colours, EL, and CUF and CUB within a line. */
const sequence = '\\x1b\\[(?:[\\d;:]{0,61}m|[0-2]?K|\\d{0,3}[CD])';
/** From ESC to the final byte of the longest. */
export const maxSequenceBytes = 64;

const whole = new RegExp(`^${sequence}$`);
/** C2 begins the C1 controls in UTF-8, up to C2 9F. */
const run = new RegExp(
  `(?:[\\x08-\\x0a\\x0d\\x20-\\x7e\\x80-\\xc1\\xc3-\\xff]+|\\xc2[\\xa0-\\xbf]|${sequence}){0,1000}`,
  'y',
);

/** Whether a kept sequence can end with this byte: m, K, C or D. */
export const endsKept = (byte: number): boolean =>
  byte === 0x6d || byte === 0x4b || byte === 0x43 || byte === 0x44;

export const isKept = (bytes: Buffer): boolean => whole.test(bytes.toString('latin1'));

/** The offset of the first byte from `from` on that is neither text nor part of a kept sequence. */
export function endOfKept(text: string, from: number): number {
  // In steps: without a bound on its repeats the pattern would run out of stack over a large text.
  for (let at = from; ; at = run.lastIndex) {
    run.lastIndex = at;
    run.test(text);
    if (run.lastIndex === at) return at;
  }
}
