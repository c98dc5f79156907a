/** The notes of the request meter on an answer, and how an answer that stays open leaves the counts. */
import type { ServerResponse } from 'node:http';

/** The counts of one route. */
export interface RouteCounts {
  readonly method: string;
  readonly route: string;
  readonly key: string;
  readonly labels: () => { readonly method: string; readonly route: string };
  readonly byStatus: Map<number, number>;
}

/** An answer with the meter's notes, which are read when it was sent. */
export interface Timed extends ServerResponse {
  zlhAnswers?: RouteCounts | undefined;
  zlhStartedAt?: number;
}

/** A stream or socket stays open for long: it is no answer, and has a gauge of its own. */
export function excludeFromMetrics(raw: ServerResponse): void {
  (raw as Timed).zlhAnswers = undefined;
}
