/** What is told of one thing in a folder, and the tag that tells one version of it from another. */
import { type Folder, textOf } from '@zlh/agent/fs';
import type { BigIntStats } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileEntry } from '../index.ts';

/** The clock by which the system stamps files may stand still for as long as this. */
const STEP_MS = 10;
const mostLooks = 3;

/**
 * Strong: another content has another tag, for every writer makes a new file or moves its times. Whoever sets the time of
 * writing back to what it was moves that of the change all the same.
 */
export function tagOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `"${[ino, size, mtimeNs, ctimeNs].map((part) => part.toString(36)).join('-')}"`;
}

/**
 * Looks at what a tag is going to be told of. What changed within the step of the clock is looked at again after it: else
 * one more change in that step would have the same times. What never rests is told as it is.
 */
export async function settled<T extends BigIntStats | undefined>(
  look: () => Promise<T>,
): Promise<T> {
  let stat = await look();
  for (let looks = 1; looks < mostLooks && isYoung(stat); looks++) {
    await delay(STEP_MS + 1);
    stat = await look();
  }
  return stat;
}

const isYoung = (stat: BigIntStats | undefined) =>
  stat !== undefined && Date.now() - Number(stat.ctimeMs) <= STEP_MS;

export async function entryOf(folder: Folder, name: Buffer, stat: BigIntStats): Promise<FileEntry> {
  const type = typeOf(stat);
  return {
    name: textOf(name),
    path: folder.pathOf(name),
    type,
    size: type === 'file' ? Number(stat.size) : 0,
    modifiedAt: timeOf(stat),
    mode: (Number(stat.mode) & 0o777).toString(8).padStart(3, '0'),
    etag: tagOf(stat),
    ...(type === 'link' ? { target: await targetOf(folder, name) } : {}),
  };
}

function typeOf(stat: BigIntStats): FileEntry['type'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  return stat.isSymbolicLink() ? 'link' : 'other';
}

/** Files may claim times that no calendar holds. */
function timeOf({ mtimeMs }: BigIntStats): string {
  const time = new Date(Number(mtimeMs));
  const year = time.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? time.toISOString() : new Date(0).toISOString();
}

async function targetOf(folder: Folder, name: Buffer): Promise<string> {
  try {
    return textOf(await readlink(folder.at(name), 'buffer')).slice(0, 4096);
  } catch {
    return ''; // it is something else by now
  }
}
