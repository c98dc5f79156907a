/**
 * Counts requests of the last minute by caller, in bounded memory and without waiting: the sum of this
 * minute's count and the share of the last one that still lies within sixty seconds. Counts are kept per
 * process; what must hold across processes (wrong passwords) is counted in the database by its owner.
 */
const minute = 60_000;

export class Limiter {
  readonly #perMinute: number;
  readonly #maxKeys: number;
  readonly #now: () => number;
  #began: number;
  #current = new Map<string, number>();
  #previous = new Map<string, number>();

  /** `now` in milliseconds. Callers beyond `maxKeys` in one minute share a single count. */
  constructor(perMinute: number, now: () => number, maxKeys = 50_000) {
    this.#perMinute = perMinute;
    this.#maxKeys = maxKeys;
    this.#now = now;
    this.#began = now();
  }

  /** Counts one request; 0 when it is allowed, otherwise the seconds to wait. */
  take(caller: string): number {
    const elapsed = this.#turn();
    const key = this.#keyOf(caller);
    const used = this.#current.get(key) ?? 0;
    if (this.#within(key, used, elapsed) >= this.#perMinute) return this.#wait(elapsed);
    this.#current.set(key, used + 1);
    return 0;
  }

  /** The same without counting. */
  peek(caller: string): number {
    const elapsed = this.#turn();
    const key = this.#keyOf(caller);
    return this.#within(key, this.#current.get(key) ?? 0, elapsed) >= this.#perMinute
      ? this.#wait(elapsed)
      : 0;
  }

  #within(key: string, used: number, elapsed: number): number {
    const before = this.#previous.size === 0 ? undefined : this.#previous.get(key);
    return before === undefined ? used : used + before * (1 - elapsed / minute);
  }

  /** Milliseconds into the running minute. */
  #turn(): number {
    const now = this.#now();
    const elapsed = now - this.#began;
    if (elapsed < minute) return elapsed;
    this.#previous = elapsed < 2 * minute ? this.#current : new Map();
    this.#current = new Map();
    this.#began = now - (elapsed % minute);
    return now - this.#began;
  }

  #keyOf(caller: string): string {
    return this.#current.size < this.#maxKeys || this.#current.has(caller)
      ? caller
      : 'everybody else';
  }

  #wait(elapsed: number): number {
    return Math.max(1, Math.ceil((minute - elapsed) / 1000));
  }
}

/** The caller behind an address: an IPv6 customer has a whole /64, so that is counted as one. */
export function addressKey(ip: string): string {
  if (!ip.includes(':')) return ip;
  const plain = ip.toLowerCase().split('%')[0]!;
  if (plain.startsWith('::ffff:') && plain.includes('.')) return plain.slice(7);
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const behind = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + behind < 8) groups.push('0');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
