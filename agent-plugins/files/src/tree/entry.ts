/** What is told of one thing in a folder, and the tag that tells one version of it from another. */
import type { BigIntStats } from 'node:fs';
import { readlink } from 'node:fs/promises';
import type { FileEntry } from '../index.ts';
import type { Folder } from './folder.ts';
import { textOf } from './names.ts';

/** Strong: another content has another tag, for every writer makes a new file or moves its time. */
export function tagOf({ ino, size, mtimeNs }: BigIntStats): string {
  return `"${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}"`;
}

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
