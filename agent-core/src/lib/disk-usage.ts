/**
 * How much a folder takes on its disk. Gentle: few questions at a time, and a pause between them, so that a world of
 * a million files slows no game down. What changes or vanishes meanwhile is counted as it was met.
 */
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const BATCH = 64;
const PAUSE_MS = 5;
const BLOCK = 512;

/** Bytes as the disk counts them, hard links once. Never rejects; an abort answers what was counted so far. */
export async function diskUsage(
  root: string,
  signal: AbortSignal,
): Promise<{ bytes: number; entries: number }> {
  const links = new Set<string>();
  const open = [root];
  let [bytes, entries] = [0, 0];
  let batch: string[] = [];
  const count = async () => {
    for (const each of await Promise.all(batch.map((path) => sizeOf(path, links)))) bytes += each;
    entries += batch.length;
    batch = [];
    await delay(PAUSE_MS);
  };
  for (let folder = open.pop(); folder !== undefined && !signal.aborted; folder = open.pop()) {
    for await (const entry of entriesOf(folder)) {
      if (signal.aborted) break;
      const path = join(folder, entry.name);
      // Never through a link: it is the customer's, and leads anywhere.
      if (entry.isDirectory()) open.push(path);
      batch.push(path);
      if (batch.length === BATCH) await count();
    }
  }
  await count();
  return { bytes, entries };
}

async function* entriesOf(folder: string) {
  try {
    yield* await opendir(folder);
  } catch {
    // gone, or closed to us: nothing to count
  }
}

async function sizeOf(path: string, links: Set<string>): Promise<number> {
  try {
    const stat = await lstat(path);
    if (stat.nlink > 1 && !stat.isDirectory()) {
      const link = `${stat.dev}:${stat.ino}`;
      if (links.has(link)) return 0;
      links.add(link);
    }
    // What was just written has no blocks yet.
    return stat.blocks > 0 ? stat.blocks * BLOCK : Math.min(stat.size, 8 * BLOCK);
  } catch {
    return 0; // gone meanwhile
  }
}
