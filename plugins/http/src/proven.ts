/**
 * Credentials that were right a moment ago, in bounded memory. Whoever comes with them is heard even when
 * others at the same address guess: all customers of one host may share it with its agents. Only hashes are
 * kept.
 */
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const keptMs = 15 * 60_000;

export class Proven {
  readonly #most: number;
  readonly #now: () => number;
  /** When each was last right, and whose it is; the longest ago first. */
  readonly #right = new Map<string, { readonly at: number; readonly id: string }>();

  /** `now` in milliseconds. Beyond `most` the one that was right the longest ago is forgotten. */
  constructor(now: () => number, most = 20_000) {
    this.#now = now;
    this.#most = most;
  }

  has(headers: IncomingHttpHeaders): boolean {
    const right = this.#right.get(keyOf(headers));
    return right !== undefined && this.#now() - right.at < keptMs;
  }

  right(headers: IncomingHttpHeaders, id: string): void {
    const key = keyOf(headers);
    this.#right.delete(key);
    this.#right.set(key, { at: this.#now(), id });
    if (this.#right.size > this.#most) this.#right.delete(this.#right.keys().next().value!);
  }

  wrong(headers: IncomingHttpHeaders): void {
    this.#right.delete(keyOf(headers));
  }

  /** All of one caller, whose credentials may be worth nothing by now; null: everybody's. */
  forget(id: string | null): void {
    if (id === null) this.#right.clear();
    else for (const [key, { id: of }] of this.#right) if (of === id) this.#right.delete(key);
  }
}

const keyOf = ({ authorization, cookie }: IncomingHttpHeaders): string =>
  hash('sha256', authorization ?? `cookie ${cookie}`, 'base64');
