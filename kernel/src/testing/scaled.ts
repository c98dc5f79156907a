/**
 * Time limits in tests, scaled by how slow the machine was when the run began.
 *
 * `scaled(5_000)` is five seconds on the reference machine, and ten on one that takes twice as long.
 * It is for limits that only a fault can reach; a pace or a delay is never scaled.
 */

/** The factor, at least 1; the test runner measures it. Without the runner it is 1. */
export const slowness = Math.max(1, Number(process.env['ZLH_TEST_SLOWNESS'] ?? 1) || 1);

export function scaled(limitMs: number): number {
  return Math.round(limitMs * slowness);
}
