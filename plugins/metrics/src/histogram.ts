/** Counts durations by labels, cheaply enough for every request: one search in a map and one in a short list. */
import type { HistogramSample, Labels } from './sample.ts';

interface Counts {
  readonly labels: Labels;
  readonly within: Float64Array;
  sum: number;
  count: number;
}

export class Histogram {
  /** Upper bounds, rising. */
  readonly buckets: readonly number[];
  readonly #maxSeries: number;
  readonly #series = new Map<string, Counts>();

  /** Labels beyond `maxSeries` different ones are not counted: a mistake must not eat the memory. */
  constructor(buckets: readonly number[], maxSeries = 2000) {
    this.buckets = buckets;
    this.#maxSeries = maxSeries;
  }

  /** `key` stands for the labels, which are only asked for when it is new. */
  observe(key: string, labels: () => Labels, value: number): void {
    let counts = this.#series.get(key);
    if (counts === undefined) {
      if (this.#series.size >= this.#maxSeries) return;
      counts = {
        labels: labels(),
        within: new Float64Array(this.buckets.length),
        sum: 0,
        count: 0,
      };
      this.#series.set(key, counts);
    }
    counts.sum += value;
    counts.count++;
    for (let index = 0; index < this.buckets.length; index++)
      if (value <= this.buckets[index]!) {
        counts.within[index]!++;
        return;
      }
  }

  collect(): HistogramSample[] {
    return [...this.#series.values()].map(({ labels, within, sum, count }) => {
      let so = 0;
      return { labels, sum, count, atMost: Array.from(within, (each) => (so += each)) };
    });
  }
}
