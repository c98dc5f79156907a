/**
 * Credentials that were right a moment ago, in bounded memory. Whoever comes with them is heard even when others at
 * the same address guess: all customers of one host may share it with its agents. Only hashes are kept.
 */
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const keptMs = 15 * 60_000;

export class Proven {
  readonly #most: number;
  readonly #now: () => number;
  /** When each was last right; the longest ago first. */
  readonly #rightAt = new Map<string, number>();

  /** `now` in milliseconds. Beyond `most` the one that was right the longest ago is forgotten. */
  constructor(now: () => number, most = 20_000) {
    this.#now = now;
    this.#most = most;
  }

  has(headers: IncomingHttpHeaders): boolean {
    const at = this.#rightAt.get(keyOf(headers));
    return at !== undefined && this.#now() - at < keptMs;
  }

  right(headers: IncomingHttpHeaders): void {
    const key = keyOf(headers);
    this.#rightAt.delete(key);
    this.#rightAt.set(key, this.#now());
    if (this.#rightAt.size > this.#most) this.#rightAt.delete(this.#rightAt.keys().next().value!);
  }

  wrong(headers: IncomingHttpHeaders): void {
    this.#rightAt.delete(keyOf(headers));
  }
}

const keyOf = ({ authorization, cookie }: IncomingHttpHeaders): string =>
  hash('sha256', authorization ?? `cookie ${cookie}`, 'base64');
