/**
 * Tells which workers stand still, by their beats alone. Guarantees: no clock but this process's own running time counts;
 * a time in which this process itself stood still counts for nobody.
 */
import type { MonotonicClock } from '@zlh/kernel';

interface Seen {
  readonly beat: string;
  /** For how long the beat has been seen unchanged. */
  readonly stillMs: number;
}

export interface Beat {
  readonly number: number;
  readonly beat: string;
}

/** As many looks at least must have found the same beat. */
const minLooks = 3;

export class LeaseWatch {
  readonly #clock: MonotonicClock;
  readonly #leaseMs: number;
  #seen: ReadonlyMap<number, Seen> = new Map();
  #lookedAt = 0;

  constructor(clock: MonotonicClock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  /** Answers those of the workers, as they are now, whose lease is over. */
  look(workers: readonly Beat[]): readonly Beat[] {
    const now = this.#clock.now();
    const passedMs = Math.min(now - this.#lookedAt, this.#leaseMs / minLooks);
    this.#lookedAt = now;
    const before = this.#seen;
    this.#seen = new Map(
      workers.map(({ number, beat }) => {
        const known = before.get(number);
        const stillMs = known?.beat === beat ? known.stillMs + passedMs : 0;
        return [number, { beat, stillMs }];
      }),
    );
    return workers.filter(({ number }) => this.#seen.get(number)!.stillMs >= this.#leaseMs);
  }
}
