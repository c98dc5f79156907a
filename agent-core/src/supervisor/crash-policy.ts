/**
 * What follows a crash: how long to wait, and when to give up. Pure, so that its rules can be read and
 * tested alone.
 */
import type { CrashReport } from '../contract/status.ts';
import type { CrashPolicySpec } from '../contract/spec.ts';
import type { CrashCause } from './classify.ts';

/**
 * The report of a crash that follows `previous` ones in a row. The wait doubles from
 * `backoffInitialMs` to `backoffMaxMs`; at `maxCrashes` the agent gives up.
 */
export function reportCrash(
  id: string,
  cause: CrashCause,
  previous: CrashReport | null,
  policy: CrashPolicySpec,
  now: Date,
): CrashReport & { readonly id: string } {
  const count = (previous?.count ?? 0) + 1;
  const gaveUp = count >= policy.maxCrashes;
  const wait = Math.min(
    policy.backoffInitialMs * 2 ** Math.min(count - 1, 40),
    policy.backoffMaxMs,
  );
  const retryAt = gaveUp ? null : new Date(now.getTime() + wait).toISOString();
  return { id, ...cause, at: now.toISOString(), count, retryAt, gaveUp };
}

/** How long to wait until `retryAt`, whatever the clock did meanwhile. */
export function waitUntil(retryAt: string, policy: CrashPolicySpec, now: Date): number {
  return Math.min(Math.max(Date.parse(retryAt) - now.getTime(), 0), policy.backoffMaxMs);
}
