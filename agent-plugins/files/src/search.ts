/** Finds entries by a part of their name. Bounded: a world of a million files is not looked through for one request. */
import { Refusal } from '@zlh/agent';
import { parsePath, textOf, walk, type Met } from '@zlh/agent/fs';
import { largestPage, type FileEntry, type FoundFiles } from './index.ts';
import { entryOf, settled } from './tree/entry.ts';
import type { Tree } from './tree/tree.ts';

const mostLookedAt = 50_000;
const longestMs = 5_000;

export async function search(
  tree: Tree,
  { path = '', name, limit = '200' }: { path?: string; name: string; limit?: string },
): Promise<FoundFiles> {
  const most = Math.min(Math.max(Number(limit), 1), largestPage);
  const wanted = name.toLowerCase();
  const until = performance.now() + longestMs;
  const items: FileEntry[] = [];
  await using start = await tree.folder(parsePath(path));
  await start.assertReadable(); // what is closed below it is left out
  try {
    for await (const met of walk(start, { entries: mostLookedAt, skipDenied: true })) {
      if (performance.now() > until || items.length === most) return { items, complete: false };
      if (textOf(met.name).toLowerCase().includes(wanted)) items.push(...(await entryAt(met)));
    }
  } catch (error) {
    const code = error instanceof Refusal ? error.code : '';
    if (code === 'FILES_TOO_MANY' || code === 'FILES_TOO_DEEP') return { items, complete: false };
    throw error;
  }
  return { items, complete: true };
}

/** None when it has gone meanwhile. */
async function entryAt({ folder, name }: Met): Promise<FileEntry[]> {
  const stat = await settled(() => folder.look(name));
  return stat === undefined ? [] : [await entryOf(folder, name, stat)];
}
