/**
 * Writes the files of a spec into the data folder, which belongs to a customer who may have put
 * anything there. Every folder on the way is opened by handle without following links, so that no
 * link, however it is swapped in, leads a write outside.
 */
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import type { SpecFile } from '../contract/spec.ts';
import { errors } from './errors.ts';
import { mergeProperties, type ChangedKey } from './properties.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const maxMerged = 1_048_576;

/** Why `path` may not be used, or undefined: relative, `/` between parts, nothing special in it. */
export function pathFault(path: string): string | undefined {
  const parts = path.split('/');
  if (path.startsWith('/')) return 'is an absolute path';
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'has an empty, "." or ".." part';
  if (/[\0-\x1f\x7f]/.test(path)) return 'holds control characters';
  return parts.some((part) => Buffer.byteLength(part) > 255)
    ? 'has a part longer than 255 bytes'
    : undefined;
}

export interface WriteOptions {
  /** New files and folders belong to this user; null: to the user of the agent. */
  readonly owner: Owner | null;
  /** The content holds secrets: no other user may read the file. Default false. */
  readonly isSecret?: boolean;
}

/**
 * `content` has its placeholders resolved. A file that is there keeps its permissions, and a merged one its owner.
 * Returns the keys of a `properties` file whose lines were added or replaced.
 */
export async function writeDataFile(
  root: string,
  { path, mode }: SpecFile,
  content: string,
  { owner, isSecret = false }: WriteOptions,
): Promise<readonly ChangedKey[]> {
  const { folder, name } = await openFolderOf(root, path, owner);
  try {
    const target = inside(folder, name);
    const found = await lstat(target).catch(() => undefined);
    if (mode === 'create' && found !== undefined) return [];
    if (found?.isDirectory() === true) throw errors.unsafePath(path, 'is a folder');
    if (mode === 'properties')
      return await merge({ folder, name, path }, content, { owner, isSecret });
    const permissions = permissionsOf(found?.isFile() === true ? found : undefined, isSecret);
    await replace(folder, name, Buffer.from(content), { owner, permissions });
    return [];
  } finally {
    await folder.close();
  }
}

interface Target {
  readonly folder: FileHandle;
  readonly name: string;
  /** For errors. */
  readonly path: string;
}

async function merge(
  { folder, name, path }: Target,
  content: string,
  { owner, isSecret = false }: WriteOptions,
): Promise<readonly ChangedKey[]> {
  const old = await readExisting(inside(folder, name), path);
  const { bytes, changed } = mergeProperties(old?.bytes ?? Buffer.alloc(0), content);
  const permissions = permissionsOf(old?.stat, isSecret);
  const isRight =
    changed.length === 0 && old !== undefined && permissions === (old.stat.mode & 0o777);
  if (!isRight) await replace(folder, name, bytes, { owner: old?.stat ?? owner, permissions });
  return changed;
}

const permissionsOf = (stat: Stats | undefined, isSecret: boolean) =>
  (stat?.mode ?? 0o644) & (isSecret ? 0o700 : 0o777);

/** The folder in which the last part of the path lies, made where `make` says so. The caller closes it. */
export async function openFolderOf(
  root: string,
  path: string,
  owner: Owner | null,
  make = true,
): Promise<{ readonly folder: FileHandle; readonly name: string }> {
  const fault = pathFault(path);
  if (fault !== undefined) throw errors.unsafePath(path, fault);
  const parts = path.split('/');
  const name = parts.pop()!;
  return { folder: await openFolder(root, parts, { path, owner, make }), name };
}

interface Way {
  /** The whole path, for errors. */
  readonly path: string;
  readonly owner: Owner | null;
  /** Whether missing folders are made. */
  readonly make: boolean;
}

async function openFolder(root: string, parts: string[], way: Way): Promise<FileHandle> {
  let folder = await open(root, FOLDER);
  try {
    for (const part of parts) {
      const next = await openChild(folder, part, way);
      await folder.close();
      folder = next;
    }
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function openChild(
  folder: FileHandle,
  part: string,
  { path, owner, make }: Way,
): Promise<FileHandle> {
  const child = inside(folder, part);
  const made = make && (await makeFolder(child));
  try {
    const handle = await open(child, FOLDER);
    if (made && owner !== null) await handle.chown(owner.uid, owner.gid);
    return handle;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' || code === 'ENOTDIR')
      throw errors.unsafePath(path, `leads through "${part}", which is no folder`);
    throw error;
  }
}

/** False when something has the name already. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o755 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Content and owner come from one handle: a file that takes its name meanwhile is not given away. */
async function readExisting(
  target: string,
  path: string,
): Promise<{ readonly bytes: Buffer; readonly stat: Stats } | undefined> {
  const found = await lstat(target).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile()) throw errors.unsafePath(path, 'is no regular file');
  // Between look and open it may have become a pipe, which must not block us.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(target, flags);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw errors.unsafePath(path, 'is no regular file');
    if (stat.size > maxMerged) throw errors.unsafePath(path, 'is too large to merge settings into');
    return { bytes: await handle.readFile(), stat };
  } finally {
    await handle.close();
  }
}

interface Kept {
  readonly owner: Owner | null;
  readonly permissions: number;
}

/** Written aside and moved over: a link at the target is replaced, not followed. */
async function replace(
  folder: FileHandle,
  name: string,
  bytes: Uint8Array,
  { owner, permissions }: Kept,
): Promise<void> {
  const aside = inside(folder, temporary(name));
  await rm(aside, { recursive: true, force: true }); // of an agent that was killed here
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(aside, flags, 0o600);
  try {
    await handle.writeFile(bytes);
    if (owner !== null) await handOver(handle, owner);
    await handle.chmod(permissions);
    await handle.sync();
    await handle.close();
    await rename(aside, inside(folder, name));
  } catch (error) {
    await handle.close().catch(() => {}); // closed already when the move failed
    await rm(aside, { force: true });
    throw error;
  }
}

async function handOver(handle: FileHandle, { uid, gid }: Owner): Promise<void> {
  const made = await handle.stat();
  if (made.uid === uid && made.gid === gid) return;
  await handle.chown(uid, gid).catch((error: unknown) => {
    // Only root gives files away; a file of somebody else that this agent may replace becomes its own.
    if (codeOf(error) !== 'EPERM' || process.getuid?.() === 0) throw error;
  });
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** A path that means this very folder, wherever its name leads by now. */
export function inside(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/** What a file is called while it is made: the same for every try, so that none of them leaves more than one behind. */
export const temporary = (name: string): string =>
  `.zlh-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
