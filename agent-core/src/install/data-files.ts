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
import { mergeProperties } from './properties.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const MAX_MERGED = 1_048_576;

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

/** `content` has its placeholders resolved. New files and folders belong to `owner` when given. */
export async function writeDataFile(
  root: string,
  { path, mode }: SpecFile,
  content: string,
  owner: Owner | null,
  permissions = 0o644,
): Promise<void> {
  const { folder, name } = await openFolderOf(root, path, owner);
  try {
    const target = inside(folder, name);
    const found = await lstat(target).catch(() => undefined);
    if (mode === 'create' && found !== undefined) return;
    if (found?.isDirectory() === true) throw errors.unsafePath(path, 'is a folder');
    const text =
      mode === 'properties'
        ? mergeProperties(await existing(target, path, found), content)
        : content;
    await replace(folder, name, text, { owner, permissions });
  } finally {
    await folder.close();
  }
}

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

async function existing(target: string, path: string, found: Stats | undefined): Promise<string> {
  if (found === undefined) return '';
  if (!found.isFile()) throw errors.unsafePath(path, 'is no regular file');
  if (found.size > MAX_MERGED) throw errors.unsafePath(path, 'is too large to merge settings into');
  // Between look and open it may have become a pipe, which must not block us.
  const handle = await open(
    target,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Written aside and moved over: a link at the target is replaced, not followed. */
async function replace(
  folder: FileHandle,
  name: string,
  text: string,
  { owner, permissions }: { readonly owner: Owner | null; readonly permissions: number },
): Promise<void> {
  const aside = inside(folder, temporary(name));
  await rm(aside, { recursive: true, force: true }); // of an agent that was killed here
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(aside, flags, permissions);
  try {
    await handle.writeFile(text);
    if (owner !== null) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
    await handle.close();
    await rename(aside, inside(folder, name));
  } catch (error) {
    await handle.close().catch(() => {}); // closed already when the move failed
    await rm(aside, { force: true });
    throw error;
  }
}

/** A path that means this very folder, wherever its name leads by now. */
export function inside(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/** What a file is called while it is made: the same for every try, so that none of them leaves more than one behind. */
export const temporary = (name: string): string =>
  `.zlh-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
