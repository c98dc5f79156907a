/**
 * How much the uploaded jars of one instance may take. What was there before the jar that is uploaded now makes room,
 * the oldest first; all other mods keep what they can be rolled back to.
 */
import { errors } from '../errors.ts';
import type { Mod } from '../set/mod.ts';
import { bytesOf, type Sizes } from './holdings.ts';
import type { UploadRequest } from './uploads.ts';

/** The set that fits; throws a 409 when none does. */
export function withinQuota(
  mods: readonly Mod[],
  sizes: Sizes,
  { sha256 }: UploadRequest,
  mostMiB: number,
): readonly Mod[] {
  let set = mods;
  while (bytesOf(set, sizes) > mostMiB * 2 ** 20) {
    const mod = set.find(({ release }) => release.request['sha256'] === sha256);
    if (mod === undefined || mod.previous.length === 0) throw errors.uploadsTooLarge(mostMiB);
    const shorter = { ...mod, previous: mod.previous.slice(0, -1) };
    set = set.map((each) => (each === mod ? shorter : each));
  }
  return set;
}
