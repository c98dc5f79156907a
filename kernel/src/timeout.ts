/** Waiting with an end: nothing a plugin does may keep the host waiting for ever. */

/** Answers what `work` answers, or rejects with `late()` when that takes longer than `limitMs`. */
export async function withTimeout<T>(
  limitMs: number,
  work: () => Promise<T> | T,
  late: () => Error,
): Promise<T> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), limitMs);
  try {
    return await Promise.race([work(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
