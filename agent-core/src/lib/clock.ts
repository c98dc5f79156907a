/**
 * Time that is safe against clocks being set. Moments are kept on disk with the wall clock for people and the
 * machine's running time for arithmetic; how long something took is never negative.
 */
import { bootId } from '@zlh/kernel/process-id';

export interface Moment {
  /** ISO 8601, by the wall clock. */
  readonly at: string;
  /** Milliseconds for which the machine has been up. */
  readonly up: number;
  /** Of which boot `up` counts. */
  readonly boot: string;
}

let boot: string | undefined;

export function now(): Moment {
  boot ??= bootId();
  // Not performance.now(), which begins anew with each process.
  const [seconds, nanos] = process.hrtime();
  return { at: new Date().toISOString(), up: seconds * 1000 + Math.floor(nanos / 1e6), boot };
}

/** Within one boot exact, whatever the wall clock did; across boots by the wall clock, 0 at least. */
export function elapsedMs(from: Moment, to: Moment): number {
  const elapsed = from.boot === to.boot ? to.up - from.up : Date.parse(to.at) - Date.parse(from.at);
  return Math.max(0, elapsed) || 0;
}
