/**
 * `files.extract`: unpacks an archive of the instance. All of it is unpacked out of the instance's reach first; an archive
 * that is refused, or does not fit, changes nothing. Then it is moved in, entry by entry.
 */
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal, type OperationKind } from '@zlh/agent';
import {
  archiveErrors,
  ArchiveExtractor,
  archiveKind,
  extractArchive,
  Folder,
  freedBy,
  moveNew,
  nameOf,
  type OpenArchive,
  parseNewPath,
  parsePath,
  refusals,
  toRefusal,
} from '@zlh/agent/fs';
import { CodedError } from '@zlh/kernel';
import type { Parts } from '../content/write.ts';
import type { ExtractArchive } from '../index.ts';
import { freshFolder, staged, type Taken } from './stage.ts';

const longestHours = 2;

export interface ExtractInput extends ExtractArchive {
  readonly operationId: string;
  readonly named: string;
}

export function extractKind(parts: Parts): OperationKind<ExtractInput> {
  return {
    kind: 'files.extract',
    phases: ['unpack', 'check', 'place'],
    run: (context) => {
      const { input, signal, phase } = context;
      const { staging } = parts;
      const root = join(staging.work(input.operationId), 'items');
      return staged(parts, context, async (taken) => {
        await phase('unpack', (progress) => unpack(parts, input, { taken, signal, progress }));
        await phase('check', () => merge(parts, root, input, { move: false, signal }));
        await phase('place', () => {
          taken.stays(); // from now on some of it does, whatever happens
          return merge(parts, root, input, { move: true, signal: undefined });
        });
      });
    },
  };
}

export async function checkExtract({ tree }: Parts, { path, to }: ExtractArchive): Promise<void> {
  parseNewPath(to);
  await using place = await tree.place(parsePath(path));
  const { handle, stat } = await tree.openFile(place);
  await using archive = handle;
  const opened = openArchive(archive, Number(stat.size), path);
  if ((await archiveKind(opened)) === undefined) throw archiveErrors.unknown(path);
}

const openArchive = (handle: FileHandle, size: number, path: string): OpenArchive => ({
  handle,
  size,
  name: path.slice(path.lastIndexOf('/') + 1),
});

interface Work {
  readonly taken: Taken;
  readonly signal: AbortSignal;
  readonly progress: (share: number) => void;
}

async function unpack(
  { tree, staging }: Parts,
  { operationId, path }: ExtractInput,
  { taken, signal: cancelled, progress }: Work,
): Promise<void> {
  const late = AbortSignal.timeout(longestHours * 3_600_000);
  const signal = AbortSignal.any([cancelled, late]);
  const root = join(await freshFolder(staging, operationId), 'items');
  await mkdir(root, { mode: 0o755 });
  await using place = await tree.place(parsePath(path));
  const { handle, stat } = await tree.openFile(place);
  await using archive = handle;
  const opened = openArchive(archive, Number(stat.size), path);
  const kind = await archiveKind(opened);
  if (kind === undefined) throw archiveErrors.unknown(path);
  await taken.begin(0, cancelled);
  const extractor = new ArchiveExtractor({
    root,
    archiveBytes: opened.size,
    owner: tree.owner,
    grow: (wanted) => {
      signal.throwIfAborted();
      return taken.grow(wanted);
    },
  });
  try {
    const { owner } = tree;
    await extractArchive(opened, kind, { extractor, owner, signal, progress });
    await extractor.finish(signal);
  } catch (error) {
    cancelled.throwIfAborted();
    if (late.aborted) throw archiveErrors.slow(path, longestHours);
    throw readable(error) ? error : archiveErrors.unreadable(path, error);
  }
}

/** Whether the error says in our words what is wrong with the archive, or with the disk. */
function readable(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (
    error instanceof CodedError ||
    error instanceof Refusal ||
    code === 'ENOSPC' ||
    code === 'EDQUOT'
  );
}

interface Merging {
  readonly parts: Parts;
  readonly overwrite: boolean;
  readonly move: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Brings what was unpacked into the instance's folder; with `move` false only looks whether it can be. What an earlier
 * try has moved is not there any more, so that trying again goes on.
 */
async function merge(
  parts: Parts,
  root: string,
  { to, overwrite = false }: ExtractInput,
  { move, signal }: Pick<Merging, 'move' | 'signal'>,
): Promise<void> {
  const { tree } = parts;
  await using items = await Folder.openRoot(root);
  const names = parseNewPath(to);
  let target: Folder;
  try {
    target = await tree.folder(names, move);
  } catch (error) {
    if (!move && error instanceof Refusal && error.code === 'FILES_NOT_FOUND') return;
    throw error;
  }
  await using into = target;
  await mergeFolder({ parts, overwrite, move, signal }, items, into);
}

async function mergeFolder(merging: Merging, from: Folder, into: Folder): Promise<void> {
  const { parts, signal } = merging;
  for (const each of await from.names()) {
    signal?.throwIfAborted();
    const name = nameOf(each);
    const [wanted, there] = [await from.look(name), await into.look(name)];
    if (wanted === undefined) continue;
    const path = into.pathOf(name);
    if (wanted.isDirectory() && there !== undefined) {
      await using inner = await from.child(name);
      await using target = await into.child(name);
      await mergeFolder(merging, inner, target);
      continue;
    }
    await parts.locks.run(path, () => mergeOne(merging, wanted, { from, into, name }));
  }
}

/** What is no folder, or a folder where there is nothing. */
async function mergeOne(
  { parts, move, overwrite }: Merging,
  wanted: BigIntStats,
  { from, into, name }: { readonly from: Folder; readonly into: Folder; readonly name: Buffer },
): Promise<void> {
  const path = into.pathOf(name);
  const there = await into.look(name);
  if (there?.isDirectory() === true) throw refusals.isFolder(path);
  // Killed between the two steps of its move, an earlier try has left it under both names.
  const isMoved = there?.ino === wanted.ino;
  if (there !== undefined && !overwrite && !isMoved) throw refusals.exists(path);
  if (!move) return;
  const [old, target] = [from.at(name), into.at(name)];
  try {
    if (isMoved) await unlink(old);
    else if (there === undefined) await moveNew(old, target, wanted.isDirectory());
    else {
      const since = performance.now();
      await rename(old, target);
      parts.disk.recordFreed(freedBy(there), since);
    }
  } catch (error) {
    throw toRefusal(error, path);
  }
}
