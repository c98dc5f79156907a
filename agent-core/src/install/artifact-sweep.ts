/**
 * Takes entries out of a shared cache that no agent has used for a week. Promises that an entry in use stays: one that
 * is taken up in the very moment it goes is put back, and whoever found it missing makes it anew.
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactUses } from './artifact-uses.ts';

const GRACE_MS = 7 * 24 * 3_600_000;
/** Lies in an entry since the first sweep that found it unused. */
const MARK = 'unused';

/** @param graceMs 0 when the room is needed now */
export async function sweep(
  cache: string,
  uses: ArtifactUses,
  graceMs = GRACE_MS,
  now = Date.now(),
): Promise<void> {
  const used = uses.all();
  for (const name of await readdir(cache)) {
    if (name.startsWith('.')) continue;
    const entry = join(cache, name);
    if (used.has(name)) await rm(join(entry, MARK), { force: true });
    else if (now - (await unusedSince(entry, now)) >= graceMs) await takeOut(name);
  }

  /** Killed in between, it leaves a folder among those of work, which `prune` finds a day later. */
  async function takeOut(name: string): Promise<void> {
    const works = join(cache, '.work');
    await mkdir(works, { recursive: true });
    const aside = await mkdtemp(join(works, 'unused-'));
    await rename(join(cache, name), join(aside, name)).catch(unlessGone);
    // Who takes an entry up says so first and looks for it then: one of us sees the other.
    if (uses.all().has(name)) await rename(join(aside, name), join(cache, name)).catch(unlessGone);
    await rm(aside, { recursive: true, force: true });
  }
}

/** Milliseconds since the epoch. A disk too full for the mark has no room for what is unused, either. */
async function unusedSince(entry: string, now: number): Promise<number> {
  const mark = join(entry, MARK);
  try {
    return (await stat(mark)).mtimeMs;
  } catch {
    return await writeFile(mark, '').then(
      () => now,
      () => 0,
    );
  }
}

/** Another agent was faster, or has made it anew meanwhile. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
}
