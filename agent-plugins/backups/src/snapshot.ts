/**
 * Copies the declared paths of an instance into a folder of the agent, as clones where the file
 * system can. Links out of the folder, devices and files of others are left out and counted. Names in
 * the folder may change meanwhile; nothing outside of it is ever read.
 */
import { constants, type BigIntStats } from 'node:fs';
import { chmod, copyFile, mkdir, open, readlink, symlink, utimes } from 'node:fs/promises';
import { posix } from 'node:path';
import { Refusal, type DataFolder } from '@zlh/agent';
import { ENTRY_BYTES, Folder, nameOf, parsePath, textOf, type Reservation } from '@zlh/agent/fs';
import { errors } from './errors.ts';
import type { BackupRules } from './index.ts';

export interface Snapshot {
  files: number;
  bytes: number;
  leftOut: number;
}

interface Copying {
  readonly data: DataFolder;
  readonly excluded: ReadonlySet<string>;
  readonly space: Reservation;
  readonly signal: AbortSignal;
  readonly found: Snapshot;
  taken: number;
}

const maxEntries = 500_000;
const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Of entries that were there a moment ago, and of folders that the agent may not enter. */
const passedOver = ['FILES_NOT_FOUND', 'FILES_NOT_A_FOLDER', 'FILES_IS_LINK', 'FILES_DENIED'];

/** `stage` is an empty folder of the agent. */
export async function takeSnapshot(
  data: DataFolder,
  { include, exclude }: BackupRules,
  stage: string,
  signal: AbortSignal,
): Promise<Snapshot> {
  using space = await data.reserve(ENTRY_BYTES, signal);
  const found = { files: 0, bytes: 0, leftOut: 0 };
  const copying = { data, excluded: new Set(exclude), space, signal, found, taken: 0 };
  for (const path of include) {
    const parts = path === '.' ? [] : parsePath(path);
    await copyPath(copying, parts, Buffer.from(stage));
  }
  return found;
}

/** The folders on the way to a declared path are made as well. */
async function copyPath(copying: Copying, parts: readonly Buffer[], stage: Buffer): Promise<void> {
  let folder = await Folder.openRoot(copying.data.path);
  let to = stage;
  try {
    for (const part of parts.slice(0, -1)) {
      const parent = folder;
      const child = await unlessPassedOver(parent.child(part));
      if (child === undefined) return;
      folder = child;
      await parent[Symbol.asyncDispose]();
      to = below(to, part);
      await mkdir(to, { recursive: true, mode: 0o700 });
    }
    const name = parts.at(-1);
    if (name === undefined) await copyEntries(copying, folder, to);
    else await copyEntry(copying, folder, name, to);
  } finally {
    await folder[Symbol.asyncDispose]();
  }
}

async function copyEntries(copying: Copying, folder: Folder, to: Buffer): Promise<void> {
  for (const name of (await unlessPassedOver(folder.names())) ?? [])
    await copyEntry(copying, folder, nameOf(name), to);
}

async function copyEntry(
  copying: Copying,
  folder: Folder,
  name: Buffer,
  to: Buffer,
): Promise<void> {
  const { signal, excluded, found } = copying;
  signal.throwIfAborted();
  if (excluded.has(folder.pathOf(name))) return;
  const stat = await unlessPassedOver(folder.look(name));
  if (stat === undefined) return;
  if (found.files >= maxEntries) throw errors.tooManyFiles(maxEntries);
  await (copying.space.grow((copying.taken += ENTRY_BYTES)) ?? undefined);
  if (stat.isDirectory()) return copyFolder(copying, folder, name, below(to, name));
  if (stat.isSymbolicLink()) return copyLink(copying, folder, name, below(to, name));
  found.files += 1;
  if (await copyOne(copying, folder, name, below(to, name))) return;
  found.files -= 1;
  found.leftOut += 1;
}

async function copyFolder(
  copying: Copying,
  folder: Folder,
  name: Buffer,
  to: Buffer,
): Promise<void> {
  const child = await unlessPassedOver(folder.child(name));
  if (child === undefined) {
    copying.found.leftOut += 1;
    return;
  }
  await using inner = child;
  await mkdir(to, { recursive: true, mode: 0o700 });
  await copyEntries(copying, inner, to);
}

/** A link that leads out of the instance's folder could not be restored. */
async function copyLink(
  { found }: Copying,
  folder: Folder,
  name: Buffer,
  to: Buffer,
): Promise<void> {
  const target = await readlink(folder.at(name), 'buffer').catch(() => undefined); // gone by now
  if (target === undefined) return;
  const text = textOf(target);
  const end = posix.normalize(posix.join(folder.path, text));
  if (text.startsWith('/') || end === '..' || end.startsWith('../')) found.leftOut += 1;
  else await symlink(target, to);
}

/** False for what is no file of the instance's own. */
async function copyOne(
  copying: Copying,
  folder: Folder,
  name: Buffer,
  to: Buffer,
): Promise<boolean> {
  const handle = await open(folder.at(name), readOnly).catch(() => undefined); // gone, or closed to the agent
  if (handle === undefined) return false;
  try {
    const stat = await handle.stat({ bigint: true });
    if (!stat.isFile() || isForeign(copying.data, stat)) return false;
    await (copying.space.grow((copying.taken += Number(stat.size))) ?? undefined);
    await copyFile(`/proc/self/fd/${handle.fd}`, to, constants.COPYFILE_FICLONE);
    await chmod(to, (Number(stat.mode) & 0o777) | 0o600);
    const seconds = Math.max(0, Number(stat.mtimeMs) / 1000);
    await utimes(to, seconds, seconds);
    copying.found.bytes += Number(stat.size);
    return true;
  } finally {
    await handle.close();
  }
}

/** A hard link may be another name of a file outside, which the instance's own user could not read. */
const isForeign = ({ owner }: DataFolder, { nlink, uid }: BigIntStats) =>
  owner !== null && nlink > 1n && uid !== BigInt(owner.uid);

const below = (folder: Buffer, name: Buffer) => Buffer.concat([folder, Buffer.from('/'), name]);

async function unlessPassedOver<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof Refusal && passedOver.includes(error.code)) return undefined;
    throw error;
  }
}
