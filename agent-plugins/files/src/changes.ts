/** What people do to a single entry: make a folder, rename, delete, change permissions. Each is one step of the disk. */
import {
  freedBy,
  nameNew,
  parseNewPath,
  parsePath,
  refusals,
  takeName,
  toRefusal,
} from '@zlh/agent/fs';
import type { BigIntStats } from 'node:fs';
import { rename } from 'node:fs/promises';
import { assertMatch, type Parts } from './content/write.ts';
import type { FileEntry, RenameFile } from './index.ts';
import { entryOf, settled } from './tree/entry.ts';
import type { Place } from './tree/tree.ts';

export async function makeFolder({ tree }: Parts, path: string): Promise<FileEntry> {
  await using place = await tree.place(parseNewPath(path), true);
  await place.folder.makeChild(place.name, tree.owner);
  return await entryAt(place);
}

export async function renameFile(
  { tree, locks, staging, disk }: Parts,
  { from, to, overwrite = false, ifMatch, ifMatchTo }: RenameFile,
): Promise<FileEntry> {
  return locks.runAll([from, to], async () => {
    await using source = await tree.place(parsePath(from));
    const names = parseNewPath(to);
    const found = await source.folder.look(source.name);
    assertMatch(found, from, ifMatch);
    if (found === undefined) throw refusals.notFound(from);
    if (isFolder(found) && to.startsWith(`${from}/`)) throw refusals.intoItself(to);
    await using target = await tree.place(names, ifMatchTo === undefined);
    const there = await target.folder.look(target.name);
    assertMatch(there, to, ifMatchTo);
    const replaces = overwrite || ifMatchTo !== undefined;
    if (there !== undefined && from !== to && (!replaces || isFolder(there) || isFolder(found)))
      throw refusals.exists(to);
    const [old, wanted] = [source.folder.at(source.name), target.folder.at(target.name)];
    const takeOld = async () => {
      const moved = await target.folder.look(target.name);
      if (moved !== undefined) await takeName(old, moved, staging.incoming());
    };
    try {
      if (there === undefined) {
        if (await nameNew(old, wanted, found.isDirectory())) await takeOld();
      } else if (from !== to) {
        const since = performance.now();
        await rename(old, wanted);
        // For one file with two names the system does nothing, and says that it did.
        if (there.ino === found.ino && there.dev === found.dev) await takeOld();
        else disk.recordFreed(freedBy(there), since);
      }
    } catch (error) {
      const moved = (error as NodeJS.ErrnoException).code === 'EACCES' && isClosed(found);
      throw toRefusal(error, moved ? from : to);
    }
    return await entryAt(target);
  });
}

const isFolder = (stat: BigIntStats) => stat.isDirectory();
/** To its own owner. */
const isClosed = (stat: BigIntStats) => isFolder(stat) && (stat.mode & 0o200n) === 0n;

/** Gone at once, however much it is; the disk gives its room back a little later, and whoever needs that waits for it. */
export async function deleteFile(
  { tree, staging, locks, disk }: Parts,
  path: string,
  match?: string,
): Promise<void> {
  await locks.run(path, async () => {
    await using place = await tree.place(parsePath(path));
    const found = await place.folder.look(place.name);
    assertMatch(found, path, match);
    if (found === undefined) throw refusals.notFound(path);
    const from = place.folder.at(place.name);
    const since = performance.now();
    const freed = (bytes: number) => disk.recordFreed(bytes, since);
    try {
      await staging.discard(from, freed).catch(async (error: unknown) => {
        if (!isClosed(found) || (error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
        // Whoever moves a folder must be able to write to it.
        await tree.changeMode(place, 0o700);
        await staging.discard(from, freed).catch(async (again: unknown) => {
          await tree.changeMode(place, Number(found.mode) & 0o777); // it was the folder around it
          throw again;
        });
      });
    } catch (error) {
      throw toRefusal(error, path);
    }
  });
}

export async function changeMode({ tree }: Parts, path: string, mode: string): Promise<FileEntry> {
  await using place = await tree.place(parsePath(path));
  await tree.changeMode(place, Number.parseInt(mode, 8));
  return await entryAt(place);
}

async function entryAt({ folder, name, path }: Place): Promise<FileEntry> {
  const stat = await settled(() => folder.look(name));
  if (stat === undefined) throw refusals.notFound(path);
  return entryOf(folder, name, stat);
}
