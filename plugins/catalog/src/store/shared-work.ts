/**
 * Work that several callers in this process want at the same time, done once. A caller that gives up
 * leaves the others alone; the work itself is called off when nobody waits for it any more, and the last one
 * leaves only when it has ended, so that what is over has nothing half made lying about.
 */
export interface Waiter {
  readonly signal: AbortSignal;
  progress(share: number | null): void;
}

export type Work<T> = (signal: AbortSignal, progress: (share: number | null) => void) => Promise<T>;

interface Running<T> {
  readonly result: Promise<T>;
  readonly waiters: Set<Waiter>;
  readonly abort: AbortController;
}

export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>();
  readonly #atOnce: number;
  readonly #queue: (() => void)[] = [];
  #busy = 0;

  /** At most `atOnce` pieces of work run; the others wait for their turn. */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Joins the work of that key, or begins it. Rejects with the signal's reason when the waiter gives up. */
  async join(key: string, waiter: Waiter, work: Work<T>): Promise<T> {
    waiter.signal.throwIfAborted();
    const running = this.#running.get(key) ?? this.#begin(key, work);
    running.waiters.add(waiter);
    const { promise: gaveUp, reject } = Promise.withResolvers<never>();
    const giveUp = () => reject(waiter.signal.reason as Error);
    waiter.signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([running.result, gaveUp]);
    } finally {
      waiter.signal.removeEventListener('abort', giveUp);
      running.waiters.delete(waiter);
      if (running.waiters.size === 0) await this.#abandon(key, running);
    }
  }

  #begin(key: string, work: Work<T>): Running<T> {
    const abort = new AbortController();
    const waiters = new Set<Waiter>();
    const report = (share: number | null) => {
      for (const waiter of waiters) waiter.progress(share);
    };
    const result = this.#inTurn(abort.signal, () => work(abort.signal, report));
    const running = { result, waiters, abort };
    this.#running.set(key, running);
    const forget = () => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    };
    result.then(forget, forget);
    return running;
  }

  /** A newcomer must not join work that is being called off, so it is forgotten at once. */
  async #abandon(key: string, { result, abort }: Running<T>): Promise<void> {
    if (this.#running.get(key)?.result === result) this.#running.delete(key);
    abort.abort();
    await Promise.allSettled([result]); // whoever waited has heard, or has given up
  }

  async #inTurn(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#busy < this.#atOnce) this.#busy += 1;
    else await this.#myTurn(signal);
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      const next = this.#queue.shift(); // hands its place over, or gives it back
      if (next === undefined) this.#busy -= 1;
      else next();
    }
  }

  /** Resolves with a place of its own; who is called off before leaves the queue at once. */
  #myTurn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(begin), 1);
        reject(signal.reason as Error);
      };
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      this.#queue.push(begin);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
