/** Waits, but not for ever. */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when the work is done, or when that takes too long; it goes on then. Rejects as it does. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = new AbortController();
  try {
    await Promise.race([work, delay(ms, undefined, { signal: late.signal })]);
  } finally {
    late.abort();
  }
}
