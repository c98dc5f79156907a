/**
 * `files.extract`: unpacks an archive of the instance. All of it is unpacked out of the instance's reach first; an archive
 * that is refused, or does not fit, changes nothing. Then it is moved in, entry by entry.
 */
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Refusal, type OperationKind } from '@zlh/agent';
import {
  archiveErrors,
  ArchiveExtractor,
  Folder,
  freedBy,
  moveNew,
  nameOf,
  parseNewPath,
  parsePath,
  readTar,
  readZip,
  refusals,
  toRefusal,
} from '@zlh/agent/fs';
import { CodedError } from '@zlh/kernel';
import { chunksOf } from '../content/read.ts';
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
  if ((await kindOf(archive, Number(stat.size))) === undefined) throw archiveErrors.unknown(path);
}

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
  const size = Number(stat.size);
  const kind = await kindOf(archive, size);
  if (kind === undefined) throw archiveErrors.unknown(path);
  await taken.begin(0, cancelled);
  const extractor = new ArchiveExtractor({
    root,
    archiveBytes: size,
    owner: tree.owner,
    grow: (wanted) => {
      signal.throwIfAborted();
      return taken.grow(wanted);
    },
  });
  try {
    if (kind === 'zip') await readZip(archive, size, extractor, signal, progress);
    else await readTar(told(archive, size, progress), decoders[kind](), extractor, signal);
    await extractor.finish(signal);
  } catch (error) {
    cancelled.throwIfAborted();
    if (late.aborted) throw archiveErrors.slow(path, longestHours);
    throw readable(error) ? error : archiveErrors.unreadable(path, error);
  }
}

const decoders = {
  tar: () => null,
  'tar.gz': () => createGunzip(),
  'tar.zst': () => createZstdDecompress(),
} as const;

/** What an archive is, by its first bytes: names may say anything. */
async function kindOf(
  handle: FileHandle,
  size: number,
): Promise<'zip' | keyof typeof decoders | undefined> {
  const head = Buffer.alloc(Math.min(size, 512));
  await handle.read(head, 0, head.length, 0);
  const magic = head.toString('latin1', 0, 4);
  if (magic === 'PK\u0003\u0004' || magic === 'PK\u0005\u0006') return 'zip';
  if (magic.startsWith('\u001f\u008b')) return 'tar.gz';
  if (magic === '(\u00b5/\u00fd') return 'tar.zst';
  return head.toString('latin1', 257, 262) === 'ustar' ? 'tar' : undefined;
}

function told(handle: FileHandle, size: number, progress: (share: number) => void): Readable {
  const cut = () => {
    throw refusals.shrunk('archive');
  };
  const chunks = async function* () {
    let read = 0;
    for await (const chunk of chunksOf(handle, size, cut)) {
      progress((read += chunk.length) / size);
      yield chunk;
    }
  };
  return Readable.from(chunks(), { objectMode: false });
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
