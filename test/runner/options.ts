/** The runner's command line, and the command that runs one file again as this run did. */
import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Tier, type TieredFile, tiers } from './tiers.ts';

const repository = resolve(import.meta.dirname, '../..');

export interface Options {
  readonly root: string;
  readonly tier: Tier;
  /** The most files at once; by default as many as keep the processors busy. */
  readonly jobs: number | undefined;
  /** Random input follows from it. */
  readonly seed: string;
  /** How often a campaign attacks. */
  readonly count: number;
  /** Keep the measured durations in the repository. */
  readonly record: boolean;
  /** Parts of paths; files that contain one of them are run. */
  readonly filters: readonly string[];
}

/** For CI and a first try; an issue that is called resolved has seen fifty. */
const defaultCount = 3;

/** @throws when the arguments make no sense, with a sentence that says why */
export function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      root: { type: 'string', default: repository },
      tier: { type: 'string', default: 'full' },
      jobs: { type: 'string' },
      seed: { type: 'string' },
      count: { type: 'string', default: String(defaultCount) },
      record: { type: 'boolean', default: false },
    },
  });
  const tier = tiers.find((each) => each === values.tier);
  if (tier === undefined) throw new Error(`--tier is one of ${tiers.join(', ')}.`);
  return {
    root: resolve(values.root),
    tier,
    jobs: values.jobs === undefined ? undefined : numberOf('--jobs', values.jobs),
    seed: values.seed ?? process.env.ZLH_TEST_SEED ?? String(randomInt(1_000_000_000)),
    count: numberOf('--count', values.count),
    record: values.record,
    filters: positionals,
  };
}

function numberOf(name: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new Error(`${name} is a number from 1 on, not "${text}".`);
  return Number(text);
}

/** The command for a person who wants to see a file fail again. */
export function againCommand({ seed, count }: Options, { path, tier }: TieredFile): string {
  if (tier === 'campaign') {
    return `npm run test:campaign -- ${path} --count ${count} --seed ${seed}`;
  }
  return `npm ${tier === 'quick' ? 'run test:quick' : 'test'} -- ${path} --seed ${seed}`;
}
