/**
 * Writes the files of a spec into the data folder, which belongs to a customer who may have put
 * anything there. Every folder on the way is opened by handle without following links, so that no
 * link, however it is swapped in, leads a write outside.
 */
import { constants, type BigIntStats, type Stats } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import type { FileOwner } from '../contract/ground.ts';
import { Refusal } from '../contract/refusal.ts';
import type { SpecFile } from '../contract/spec.ts';
import { Folder } from '../fs/folder.ts';
import { errors } from './errors.ts';
import { minetestConf } from './minetest-conf.ts';
import { javaProperties, mergeProperties, type ChangedKey, type Dialect } from './properties.ts';

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
  readonly owner: FileOwner | null;
  /** The content holds secrets: no other user may read the file. Default false. */
  readonly isSecret?: boolean;
}

/** The outcome of one write. */
export interface WrittenFile {
  /** `kept`: it was right already. */
  readonly change: 'kept' | 'made' | 'changed';
  /** Of a `properties` file: whose lines were added or replaced. */
  readonly keys: readonly ChangedKey[];
}

const kept: WrittenFile = { change: 'kept', keys: [] };

/**
 * `content` has its placeholders resolved. An existing file keeps its permissions, a merged one its owner.
 */
export async function writeDataFile(
  root: string,
  { path, mode }: SpecFile,
  content: string,
  { owner, isSecret = false }: WriteOptions,
): Promise<WrittenFile> {
  const { folder, name } = await openFolderOf(root, path, owner);
  try {
    const found = await folder.look(name);
    if (mode === 'create' && found !== undefined) return kept;
    if (found?.isDirectory() === true) throw errors.unsafePath(path, 'is a folder');
    if (mode === 'properties' || mode === 'minetest-conf') {
      const dialect = mode === 'properties' ? javaProperties : minetestConf;
      return await merge({ folder, name, path }, content, { owner, isSecret, dialect });
    }
    const bytes = Buffer.from(content);
    const file = found?.isFile() === true ? found : undefined;
    const permissions = permissionsOf(file, isSecret);
    if (file !== undefined && Number(file.size) === bytes.length) {
      const old = await readExisting({ folder, name, path }, bytes.length);
      if (old?.bytes.equals(bytes) === true && permissions === (old.stat.mode & 0o777)) return kept;
    }
    await replace({ folder, name }, bytes, { owner, permissions });
    return { change: found === undefined ? 'made' : 'changed', keys: [] };
  } finally {
    await folder[Symbol.asyncDispose]();
  }
}

/**
 * Undefined when there is no such file. Refuses what {@link writeDataFile} with mode `properties` refuses.
 */
export async function readDataFile(root: string, path: string): Promise<Buffer | undefined> {
  let place: DataPlace;
  try {
    place = await openFolderOf(root, path, null, false);
  } catch (error) {
    if (['ENOENT', 'FILES_NOT_FOUND'].includes(String(codeOf(error)))) return undefined;
    throw error;
  }
  try {
    return (await readExisting({ ...place, path }))?.bytes;
  } finally {
    await place.folder[Symbol.asyncDispose]();
  }
}

interface Target extends DataPlace {
  /** For errors. */
  readonly path: string;
}

async function merge(
  { folder, name, path }: Target,
  content: string,
  { owner, isSecret = false, dialect }: WriteOptions & { readonly dialect: Dialect },
): Promise<WrittenFile> {
  const old = await readExisting({ folder, name, path });
  const { bytes, changed } = mergeProperties(old?.bytes ?? Buffer.alloc(0), content, dialect);
  const permissions = permissionsOf(old?.stat, isSecret);
  const isRight =
    changed.length === 0 && old !== undefined && permissions === (old.stat.mode & 0o777);
  if (!isRight) await replace({ folder, name }, bytes, { owner: old?.stat ?? owner, permissions });
  if (changed.length === 0) return kept;
  return { change: old === undefined ? 'made' : 'changed', keys: changed };
}

const permissionsOf = (stat: Stats | BigIntStats | undefined, isSecret: boolean) =>
  Number(stat?.mode ?? 0o644) & (isSecret ? 0o700 : 0o777);

export interface DataPlace {
  /** The caller closes it. */
  readonly folder: Folder;
  readonly name: Buffer;
}

/** The folder in which the last part of the path lies, made where `make` says so. */
export async function openFolderOf(
  root: string,
  path: string,
  owner: FileOwner | null,
  make = true,
): Promise<DataPlace> {
  const fault = pathFault(path);
  if (fault !== undefined) throw errors.unsafePath(path, fault);
  const parts = path.split('/').map((part) => Buffer.from(part));
  const name = parts.pop()!;
  let folder = await Folder.openRoot(root);
  for (const part of parts) {
    await using parent = folder;
    folder = await (make ? parent.childOrNew(part, owner) : parent.child(part)).catch(
      (error: unknown) => {
        throw isNoFolder(error)
          ? errors.unsafePath(path, `leads through "${part.toString()}", which is no folder`)
          : error;
      },
    );
  }
  return { folder, name };
}

const isNoFolder = (error: unknown) =>
  error instanceof Refusal && ['FILES_IS_LINK', 'FILES_NOT_A_FOLDER'].includes(error.code);

/** Content and owner come from one handle: a file that takes its name meanwhile is not given away. */
async function readExisting(
  { folder, name, path }: Target,
  maxBytes = maxMerged,
): Promise<{ readonly bytes: Buffer; readonly stat: Stats } | undefined> {
  const found = await folder.look(name);
  if (found === undefined) return undefined;
  if (!found.isFile()) throw errors.unsafePath(path, 'is no regular file');
  // Between look and open it may have become a pipe, which must not block us.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(folder.at(name), flags);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw errors.unsafePath(path, 'is no regular file');
    if (stat.size > maxBytes) throw errors.unsafePath(path, 'is too large to merge settings into');
    return { bytes: await handle.readFile(), stat };
  } finally {
    await handle.close();
  }
}

interface Kept {
  readonly owner: FileOwner | null;
  readonly permissions: number;
}

/** Written aside and moved over: a link at the target is replaced, not followed. */
async function replace(
  { folder, name }: DataPlace,
  bytes: Uint8Array,
  { owner, permissions }: Kept,
): Promise<void> {
  const aside = folder.at(temporary(name));
  await rm(aside, { recursive: true, force: true }); // of an agent that was killed here
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(aside, flags, 0o600);
  try {
    await handle.writeFile(bytes);
    if (owner !== null) await handOver(handle, owner);
    await handle.chmod(permissions);
    await handle.sync();
    await handle.close();
    await rename(aside, folder.at(name));
  } catch (error) {
    await handle.close().catch(() => {}); // closed already when the move failed
    await rm(aside, { force: true });
    throw error;
  }
}

async function handOver(handle: FileHandle, { uid, gid }: FileOwner): Promise<void> {
  const made = await handle.stat();
  if (made.uid === uid && made.gid === gid) return;
  await handle.chown(uid, gid).catch((error: unknown) => {
    // Only root gives files away; a file of somebody else that this agent may replace becomes its own.
    if (codeOf(error) !== 'EPERM' || process.getuid?.() === 0) throw error;
  });
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/**
 * What a file is called while it is made: the same for every try, so that none of them leaves more than one
 * behind.
 */
export const temporary = (name: Buffer): Buffer =>
  Buffer.from(`.zlh-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`);
