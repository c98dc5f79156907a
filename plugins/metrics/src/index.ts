/**
 * The contract of `metrics`: the point to which every plugin adds the figures it knows.
 *
 * A figure is cheap to read. Its labels come from a small fixed set: never an instance, a user or a
 * path that somebody typed. The plugin `prometheus` shows all figures at `GET /metrics`.
 */
import { point } from '@zlh/kernel';
import type { HistogramSample, Sample } from './sample.ts';

export { Histogram } from './histogram.ts';
export type { HistogramSample, Labels, Sample } from './sample.ts';

interface Described {
  /** `zlh_operations`, with its unit at the end: `…_seconds`, `…_bytes`; counters end with `_total`. */
  readonly name: string;
  /** One line. */
  readonly help: string;
}

/** Of this process alone, unless `help` says otherwise. */
export type Metric =
  | (Described & {
      readonly type: 'gauge' | 'counter';
      /** Called for each scrape; one that fails is left out of it. */
      collect(): readonly Sample[] | Promise<readonly Sample[]>;
    })
  | (Described & {
      readonly type: 'histogram';
      /** Upper bounds, rising. */
      readonly buckets: readonly number[];
      collect(): readonly HistogramSample[] | Promise<readonly HistogramSample[]>;
    });

export const Metrics = point<Metric>('metrics.metrics');
