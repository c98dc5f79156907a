/** Seeded random numbers: a test's title prints the seed of its run, and `ZLH_TEST_SEED` sets it. */
export const testSeed = Number(process.env.ZLH_TEST_SEED ?? Date.now() % 1_000_000);

/** Mulberry32: numbers from 0 up to, but not including, 1; the same seed gives the same ones. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
