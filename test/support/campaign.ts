/**
 * How often a campaign attacks, and from which seed its random choices follow: `--count` and `--seed` of
 * the test runner.
 */
import { Chance } from '../scenarios/chance.ts';

/** Attacks of each kind; a file that runs without the runner makes three. */
export const attacks = Number(process.env['ZLH_TEST_COUNT'] ?? 3);

/** Random choices that a run with the same seed repeats. */
export const openChance = (): Chance => new Chance(process.env['ZLH_TEST_SEED']);
