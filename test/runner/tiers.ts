/**
 * The three tiers of tests, each with a budget on a quiet two-core machine:
 *
 * - `quick` (a minute): the files that cannot start a process, found by their imports,
 * - `full` (ten minutes): all files but campaigns,
 * - `campaign`: random kills, floods and soaks, as often as `--count` says.
 *
 * `all` is everything in one run, as CI does it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestFile } from './discover.ts';

export const tiers = ['quick', 'full', 'campaign', 'all'] as const;
export type Tier = (typeof tiers)[number];

/** Modules by which code starts processes, threads and browsers. */
const starters = new Set([
  'node:child_process',
  'node:cluster',
  'node:worker_threads',
  'node-pty',
  'playwright-core',
]);

/** A test file with the smallest tier that it belongs to. */
export interface TieredFile extends TestFile {
  readonly tier: 'quick' | 'full' | 'campaign';
}

/** The files of a tier, in their order. */
export async function filesOf(
  tier: Tier,
  root: string,
  files: readonly TestFile[],
): Promise<TieredFile[]> {
  if (tier === 'full' || tier === 'campaign') {
    const isCampaign = tier === 'campaign';
    return files
      .filter(({ campaign }) => campaign === isCampaign)
      .map((file) => ({ ...file, tier }));
  }
  // Only here, because the parser is a tool of the repository that `npm test` can do without.
  const { readReach } = await import('../boundaries/reach.ts');
  const reach = readReach((path) => readFileSync(join(root, path), 'utf8'), root);
  const tiered = files.map((file): TieredFile => {
    if (file.campaign) return { ...file, tier: 'campaign' };
    return { ...file, tier: reach(file.path, starters) ? 'full' : 'quick' };
  });
  return tier === 'all' ? tiered : tiered.filter((file) => file.tier === 'quick');
}

/** Options for Node, with which a file keeps the promise of its tier. */
export function nodeOptionsOf({ tier }: TieredFile): string[] {
  return tier === 'quick' ? [`--import=${import.meta.resolve('./quick-hooks.ts')}`] : [];
}
