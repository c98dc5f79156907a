/** One change of a path at a time, in the order in which they came. */
export class Locks {
  readonly #waiting = new Map<string, Promise<unknown>>();

  /** Keys under way. */
  get keys(): Iterable<string> {
    return this.#waiting.keys();
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
