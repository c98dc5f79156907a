/**
 * How many messages of one viewer are looked at. Reading a message costs time, whatever becomes of it: a viewer who sends
 * without end is not listened to for as long as its messages were too many.
 */
const PER_SECOND = 4_000;
/** As a paste or a script sends at once. */
const BURST = 2_000;

export class ViewerPace {
  readonly #now: () => number;
  #left = BURST;
  #at: number;

  /** `now` in milliseconds, never going back. */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#at = now();
  }

  /** Counts one message; answers for how many milliseconds its sender is not to be listened to. */
  count(): number {
    const now = this.#now();
    this.#left = Math.min(BURST, this.#left + ((now - this.#at) * PER_SECOND) / 1000) - 1;
    this.#at = now;
    return this.#left < 0 ? (-this.#left * 1000) / PER_SECOND : 0;
  }
}
