/**
 * The three tiers of tests, each with a budget on a quiet two-core machine:
 *
 * - `quick` (a minute): the files that cannot start a process, found by their imports,
 * - `full` (ten minutes): all files but campaigns,
 * - `campaign`: random kills, floods and soaks, as often as `--count` says.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestFile } from './discover.ts';

export const tiers = ['quick', 'full', 'campaign'] as const;
export type Tier = (typeof tiers)[number];

/** Modules by which code starts processes, threads and browsers. */
const starters = new Set([
  'node:child_process',
  'node:cluster',
  'node:worker_threads',
  'node-pty',
  'playwright-core',
]);

/** The files of a tier, in their order. */
export async function filesOf(
  tier: Tier,
  root: string,
  files: readonly TestFile[],
): Promise<TestFile[]> {
  const regular = files.filter(({ campaign }) => campaign === (tier === 'campaign'));
  if (tier !== 'quick') return regular;
  // Only here, because the parser is a tool of the repository that `npm test` can do without.
  const { readReach } = await import('../boundaries/reach.ts');
  const reach = readReach((path) => readFileSync(join(root, path), 'utf8'), root);
  return regular.filter(({ path }) => !reach(path, starters));
}

/** What Node is started with, so that a file of the tier keeps its promise. */
export function nodeOptionsOf(tier: Tier): string[] {
  return tier === 'quick' ? [`--import=${import.meta.resolve('./quick-hooks.ts')}`] : [];
}
