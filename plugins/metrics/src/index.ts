/**
 * The contract of `metrics`: figures for Prometheus. Each stands with the plugin that knows it, is cheap to read, and
 * has labels from a small fixed set: never an instance, a user or a path that somebody typed.
 */
import { point } from '@zlh/kernel';

export { Histogram } from './histogram.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

export interface HistogramSample {
  readonly labels?: Labels;
  /** How many were at most as large as each of `buckets`, in their order. */
  readonly atMost: readonly number[];
  readonly sum: number;
  readonly count: number;
}

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
