/** `files.copy`: a file or a folder with all that is in it, to a path that is free. Links are copied as links. */
import { constants } from 'node:fs';
import { lchown, mkdir, open, readlink, symlink } from 'node:fs/promises';
import { Refusal, type OperationKind } from '@zlh/agent';
import {
  ENTRY_BYTES,
  type Folder,
  parseNewPath,
  parsePath,
  refusals,
  toRefusal,
  walk,
  type Met,
} from '@zlh/agent/fs';
import { chunksOf } from '../content/read.ts';
import type { Parts } from '../content/write.ts';
import type { CopyFile } from '../index.ts';
import type { Tree } from '../tree/tree.ts';

import { freshFolder, itemOf, placeItem, staged, type Taken } from './stage.ts';

const mostEntries = 500_000;
const longestPath = 3500;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export interface CopyInput extends CopyFile {
  readonly operationId: string;
  /** What errors are told of. */
  readonly named: string;
}

export function copyKind(parts: Parts): OperationKind<CopyInput> {
  return {
    kind: 'files.copy',
    phases: ['copy', 'place'],
    run: (context) => {
      const { input, signal, phase } = context;
      return staged(parts, context, async (taken) => {
        await phase('copy', (progress) => copy(parts, input, { taken, signal, progress }));
        await phase('place', () => placeItem(parts, input));
        taken.stays();
      });
    },
  };
}

/** Refused at once, before there is an operation. */
export async function checkCopy({ tree }: Parts, { from, to }: CopyFile): Promise<void> {
  await using source = await tree.place(parsePath(from));
  await using target = await tree.findPlace(parseNewPath(to));
  if (`${to}/`.startsWith(`${from}/`)) throw refusals.intoItself(to);
  if ((await source.folder.look(source.name)) === undefined) throw refusals.notFound(from);
  if ((await target?.folder.look(target.name)) !== undefined) throw refusals.exists(to);
}

interface Work {
  readonly taken: Taken;
  readonly signal: AbortSignal;
  readonly progress: (share: number) => void;
}

async function copy(
  { tree, staging }: Parts,
  { operationId, from }: CopyInput,
  { taken, signal, progress }: Work,
): Promise<void> {
  await using source = await tree.place(parsePath(from));
  const { folder: parent, name } = source;
  const stat = await parent.look(name);
  if (stat === undefined) throw refusals.notFound(from);
  const root = itemOf(await freshFolder(staging, operationId));
  const copier = new Copier({ tree, root, signal, taken });
  if (!stat.isDirectory()) {
    await taken.begin(Number(stat.size) + ENTRY_BYTES, signal);
    return await copier.take({ folder: parent, name, stat, below: [] });
  }
  await using folder = await parent.child(name);
  const all = await amountOf(folder, signal);
  await taken.begin(all.bytes + (all.entries + 1) * ENTRY_BYTES, signal);
  await copier.take({ folder: parent, name, stat, below: [] });
  let done = 0;
  for await (const met of walk(folder, { entries: mostEntries, signal })) {
    await copier.take(met).catch(unlessChanged);
    progress(Math.min(1, ++done / Math.max(1, all.entries)));
  }
}

/** About: a game may go on writing. */
async function amountOf(folder: Folder, signal: AbortSignal) {
  let [bytes, entries] = [0, 0];
  for await (const { stat } of walk(folder, { entries: mostEntries, signal })) {
    bytes += Number(stat.size);
    entries++;
  }
  return { bytes, entries };
}

/**
 * Below a folder that is copied: what goes away meanwhile, or becomes something else, is left out, and so are pipes, sockets,
 * devices and files that are not the instance's.
 */
function unlessChanged(error: unknown): void {
  const code = error instanceof Refusal ? error.code : '';
  if (!leftOut.includes(code)) throw error;
}
const leftOut = [
  'FILES_NOT_FOUND',
  'FILES_IS_LINK',
  'FILES_IS_FOLDER',
  'FILES_NOT_A_FILE',
  'FILES_FOREIGN',
];

interface Copying {
  readonly tree: Tree;
  readonly root: string;
  readonly signal: AbortSignal;
  readonly taken: Taken;
}

class Copier {
  readonly #copying: Copying;
  readonly #root: Buffer;
  /** Of the disk, so far. */
  #bytes = 0;

  constructor(copying: Copying) {
    this.#copying = copying;
    this.#root = Buffer.from(copying.root);
  }

  async take({ folder, name, stat, below }: Met): Promise<void> {
    const path = folder.pathOf(name);
    const target = Buffer.concat([
      this.#root,
      ...below.flatMap((part) => [Buffer.from('/'), part]),
    ]);
    if (target.length > longestPath) throw refusals.treeTooDeep(path);
    await this.#grow(ENTRY_BYTES);
    if (stat.isDirectory()) {
      await mkdir(target, { mode: 0o755 });
      await this.#own(target);
    } else if (stat.isSymbolicLink()) {
      await symlink(await targetOf(folder, name), target);
      await this.#own(target);
    } else await this.#file(await this.#copying.tree.openFile({ folder, name, path }), target);
  }

  /** As it is while it is read: shorter when it is cut short, and what is added later is not in it. */
  async #file(
    { handle, stat }: Awaited<ReturnType<Tree['openFile']>>,
    target: Buffer,
  ): Promise<void> {
    const { signal, tree } = this.#copying;
    await using source = handle;
    await using copied = await open(target, NEW, 0o600);
    for await (const chunk of chunksOf(source, Number(stat.size))) {
      signal.throwIfAborted();
      await this.#grow(chunk.length);
      await copied.writeFile(chunk);
    }
    if (tree.owner !== null) await copied.chown(tree.owner.uid, tree.owner.gid);
    await copied.chmod(Number(stat.mode) & 0o777);
    await copied.utimes(Number(stat.atimeMs) / 1000, Number(stat.mtimeMs) / 1000);
  }

  #grow(bytes: number): Promise<void> | undefined {
    return this.#copying.taken.grow((this.#bytes += bytes));
  }

  async #own(path: Buffer): Promise<void> {
    const { owner } = this.#copying.tree;
    if (owner !== null) await lchown(path, owner.uid, owner.gid);
  }
}

async function targetOf(folder: Folder, name: Buffer): Promise<Buffer> {
  try {
    return await readlink(folder.at(name), 'buffer');
  } catch (error) {
    // No link any more says EINVAL.
    const isOther = (error as NodeJS.ErrnoException).code === 'EINVAL';
    throw isOther ? refusals.isFolder(folder.pathOf(name)) : toRefusal(error, folder.pathOf(name));
  }
}
