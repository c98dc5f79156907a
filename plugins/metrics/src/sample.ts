/** Single readings of a metric: a value, or a histogram's counts, with the labels they belong to. */
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
