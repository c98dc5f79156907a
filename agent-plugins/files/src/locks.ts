/** One change of a path at a time, in the order in which they came. */
export class Locks {
  readonly #waiting = new Map<string, Promise<unknown>>();

  /** Keys under way. */
  get keys(): Iterable<string> {
    return this.#waiting.keys();
  }

  /** Of several keys at once. All take them in one order: nobody waits for somebody who waits for them. */
  async runAll<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const [first, ...rest] = [...new Set(keys)].sort();
    return first === undefined ? work() : this.run(first, () => this.runAll(rest, work));
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#waiting.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined); // the caller hears of it
    this.#waiting.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#waiting.get(key) === settled) this.#waiting.delete(key);
    }
  }
}
