/** Time for deadlines and pauses. Guarantees: setting the machine's wall clock moves neither `now` nor a timer. */

export interface MonotonicClock {
  /** Milliseconds since some moment in the past. */
  now(): number;
  /** Calls `run` once after `delayMs`; answers how to call the timer off. */
  after(delayMs: number, run: () => void): () => void;
}

export const monotonicClock: MonotonicClock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
