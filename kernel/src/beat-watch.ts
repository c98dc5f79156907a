/**
 * Finds those of many that stand still, by their beats alone. Guarantees: the running time of this process
 * decides, no wall clock does, and a time in which this process itself stood still counts for nobody.
 */
import type { MonotonicClock } from './monotonic-clock.ts';

interface Seen {
  readonly beat: string;
  /** For how long the beat has been seen unchanged. */
  readonly stillMs: number;
}

export interface Beat<K> {
  readonly key: K;
  /** Anything that is another after each sign of life. */
  readonly beat: string;
}

/** As many looks at least must have found the same beat. */
const minLooks = 3;

export class BeatWatch<K> {
  readonly #clock: MonotonicClock;
  readonly #maxStillMs: number;
  #seen: ReadonlyMap<K, Seen> = new Map();
  #lookedAt = 0;

  constructor(clock: MonotonicClock, maxStillMs: number) {
    this.#clock = clock;
    this.#maxStillMs = maxStillMs;
  }

  /** Answers those of the beats, as they are now, that have stood still for too long. */
  look(beats: readonly Beat<K>[]): readonly Beat<K>[] {
    const now = this.#clock.now();
    const passedMs = Math.min(now - this.#lookedAt, this.#maxStillMs / minLooks);
    this.#lookedAt = now;
    const before = this.#seen;
    this.#seen = new Map(
      beats.map(({ key, beat }) => {
        const known = before.get(key);
        const stillMs = known?.beat === beat ? known.stillMs + passedMs : 0;
        return [key, { beat, stillMs }];
      }),
    );
    return beats.filter(({ key }) => this.#seen.get(key)!.stillMs >= this.#maxStillMs);
  }
}
