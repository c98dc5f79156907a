/**
 * Replaces a file's content: written aside, flushed, and moved over in one step. Promises that a reader sees the old
 * content or the new, that a link at its place is never written through, and that whoever names the version they have
 * seen replaces exactly that one.
 */
import {
  type Disk,
  freedBy,
  moveNew,
  parseNewPath,
  parsePath,
  refusals,
  sizeOnDisk,
  type StagingArea,
  toRefusal,
} from '@zlh/agent/fs';
import { contentErrors } from '../errors.ts';
import { constants, type BigIntStats } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { FileEntry } from '../index.ts';
import type { Locks } from '../locks.ts';
import { entryOf, settled, tagOf } from '../tree/entry.ts';
import type { Place, Tree } from '../tree/tree.ts';
import { fill } from './fill.ts';
import { Flusher } from './flusher.ts';

export interface Parts {
  readonly tree: Tree;
  readonly disk: Disk;
  readonly locks: Locks;
  readonly staging: StagingArea;
}

export interface Expectation {
  /** `If-Match`: the version that is replaced. */
  readonly match?: string | undefined;
  /** `If-None-Match: *`: there must be nothing yet. */
  readonly none?: boolean | undefined;
}

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export async function writeContent(
  parts: Parts,
  path: string,
  body: Readable,
  length: number | undefined,
  expected: Expectation,
): Promise<{ readonly entry: FileEntry; readonly made: boolean }> {
  const { tree, staging, locks, disk } = parts;
  const names = parsePath(path);
  {
    // Before anything is sent: whoever is too late shall hear so at once.
    await using place = await tree.findPlace(names);
    if (place === undefined) assertMatch(undefined, path, expected.match);
    const found = place === undefined ? undefined : await checked(tree, place, expected);
    if (found === undefined) parseNewPath(path);
  }
  using room = await disk.reserve(length ?? 0);
  const temporary = staging.incoming();
  const handle = await open(temporary, NEW, 0o600);
  try {
    const flusher = new Flusher(handle);
    const size = await fill(handle, body, {
      grow: (bytes) => room.grow(bytes),
      wrote: (bytes) => flusher.wrote(bytes),
    });
    await flusher.settle();
    if (length !== undefined && size !== length) throw contentErrors.incomplete();
    return await locks.run(path, async () => {
      await using place = await tree.place(names, true);
      const before = await checked(tree, place, expected);
      const mode = before === undefined ? 0o644 : Number(before.mode) & 0o777;
      const since = performance.now();
      await put({ tree, handle, temporary, place, mode, fresh: expected.none === true });
      const stat = await settled(() => handle.stat({ bigint: true }));
      disk.recordAdded(sizeOnDisk(stat));
      disk.recordFreed(freedBy(before), since);
      const entry = await entryOf(place.folder, place.name, stat);
      return { entry, made: before === undefined };
    });
  } catch (error) {
    body.resume();
    await unlink(temporary).catch(() => undefined); // it may be in its place already
    throw toRefusal(error, path);
  } finally {
    await handle.close();
  }
}

/** Moves a finished file to its place, flushed and in the hands of the instance's user. */
export async function put(file: {
  readonly tree: Tree;
  readonly handle: FileHandle;
  readonly temporary: string;
  readonly place: Place;
  readonly mode: number;
  /** Nothing may have its name yet. */
  readonly fresh: boolean;
}): Promise<void> {
  const { tree, handle, temporary, place, mode, fresh } = file;
  if (tree.owner !== null) await handle.chown(tree.owner.uid, tree.owner.gid);
  await handle.chmod(mode);
  await handle.sync();
  const target = place.folder.at(place.name);
  await (fresh ? moveNew(temporary, target, false) : rename(temporary, target));
  await place.folder.sync();
}

/** What is there now; throws when it is no file, or not what the caller expects. */
export async function checked(
  tree: Tree,
  { folder, name, path }: Place,
  { match, none }: Expectation,
): Promise<BigIntStats | undefined> {
  const found = await folder.look(name);
  if (found !== undefined) tree.assertFile(found, path);
  if (found !== undefined && none === true) throw refusals.exists(path);
  assertMatch(found, path, match);
  return found;
}

/** Of anything that has a tag, folders and links too; throws when it is not the version that was named, or gone. */
export function assertMatch(
  found: BigIntStats | undefined,
  path: string,
  match: string | undefined,
): void {
  if (match === undefined) return;
  const tag = found === undefined ? undefined : tagOf(found);
  if (tag === undefined || (match !== '*' && match !== tag))
    throw contentErrors.changed(path, tag, match);
}
