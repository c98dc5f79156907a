/**
 * Everything below a folder, each folder before what is in it. One handle is open for each level, links are told and
 * never followed, and there are limits on how deep and how much.
 */
import type { BigIntStats } from 'node:fs';
import { refusals } from '../errors.ts';
import { nameOf, type Folder } from './folder.ts';

export interface Met {
  /** Open until the next one is asked for. */
  readonly folder: Folder;
  readonly name: Buffer;
  readonly stat: BigIntStats;
  /** Names from where the walk began. */
  readonly below: readonly Buffer[];
}

export interface WalkLimits {
  readonly entries: number;
  readonly signal?: AbortSignal | undefined;
}

const deepest = 128;

export async function* walk(start: Folder, limits: WalkLimits): AsyncGenerator<Met> {
  let seen = 0;
  const within = async function* (folder: Folder, below: readonly Buffer[]): AsyncGenerator<Met> {
    if (below.length > deepest) throw refusals.treeTooDeep(start.path);
    for (const each of await folder.names()) {
      limits.signal?.throwIfAborted();
      const name = nameOf(each);
      const stat = await folder.look(name);
      if (stat === undefined) continue; // gone since its name was read
      if (++seen > limits.entries) throw refusals.tooMany(start.path);
      const here = [...below, name];
      yield { folder, name, stat, below: here };
      if (stat.isDirectory()) yield* entered(folder, name, here);
    }
  };
  const entered = async function* (parent: Folder, name: Buffer, below: readonly Buffer[]) {
    await using folder = await parent.child(name);
    yield* within(folder, below);
  };
  yield* within(start, []);
}
