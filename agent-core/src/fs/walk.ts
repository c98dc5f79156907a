/**
 * Lists everything below a folder, each folder before its content. One handle is open for each level,
 * links are never followed, and depth and count have limits. A game may write there: entries that go
 * away or become something else are left out and end nothing.
 */
import type { BigIntStats } from 'node:fs';
import { Refusal } from '../contract/refusal.ts';
import { refusals } from './errors.ts';
import { type Folder, nameOf } from './folder.ts';

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
  /** Folders that the system does not let the agent into end the walk; with this they are left out. */
  readonly skipDenied?: boolean;
}

const deepest = 128;
/** Refusals of entries that were there a moment ago. */
const changed = ['FILES_NOT_FOUND', 'FILES_NOT_A_FOLDER', 'FILES_IS_LINK'];

export async function* walk(start: Folder, limits: WalkLimits): AsyncGenerator<Met> {
  let seen = 0;
  const leftOut = limits.skipDenied === true ? [...changed, 'FILES_DENIED'] : changed;
  const unless = <T>(looked: Promise<T>): Promise<T | undefined> =>
    looked.catch((error: unknown) => {
      if (error instanceof Refusal && leftOut.includes(error.code)) return undefined;
      throw error;
    });
  const within = async function* (folder: Folder, below: readonly Buffer[]): AsyncGenerator<Met> {
    if (below.length > deepest) throw refusals.treeTooDeep(start.path);
    for (const each of (await unless(folder.names())) ?? []) {
      limits.signal?.throwIfAborted();
      const name = nameOf(each);
      const stat = await unless(folder.look(name));
      if (stat === undefined) continue; // gone since its name was read
      if (++seen > limits.entries) throw refusals.tooMany(start.path);
      const here = [...below, name];
      yield { folder, name, stat, below: here };
      if (stat.isDirectory()) yield* entered(folder, name, here);
    }
  };
  const entered = async function* (parent: Folder, name: Buffer, below: readonly Buffer[]) {
    const child = await unless(parent.child(name));
    if (child === undefined) return;
    await using folder = child;
    yield* within(folder, below);
  };
  yield* within(start, []);
}
