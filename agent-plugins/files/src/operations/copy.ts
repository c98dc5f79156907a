/** `files.copy`: a file or a folder with all that is in it, to a path that is free. Links are copied as links. */
import { constants, type BigIntStats } from 'node:fs';
import { lchown, mkdir, open, readlink, symlink } from 'node:fs/promises';
import type { OperationKind } from '@zlh/agent';
import { chunksOf } from '../content/read.ts';
import type { Parts } from '../content/write.ts';
import { refusals } from '../errors.ts';
import type { CopyFile } from '../index.ts';
import type { Folder } from '../tree/folder.ts';
import { parseNewPath, parsePath } from '../tree/names.ts';
import { walk } from '../tree/walk.ts';
import { freshFolder, itemOf, placeItem, staged } from './stage.ts';

const mostEntries = 500_000;
const longestPath = 3500;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export interface CopyInput extends CopyFile {
  readonly operationId: string;
  /** What errors are told of. */
  readonly named: string;
}

export function copyKind(parts: () => Parts): OperationKind<CopyInput> {
  return {
    kind: 'files.copy',
    phases: ['copy', 'place'],
    run: (context) => {
      const { input, signal, phase } = context;
      const { workshop } = parts();
      return staged(workshop, context, async () => {
        await phase('copy', (progress) => copy(parts(), input, signal, progress));
        await phase('place', () => placeItem(parts(), input));
      });
    },
  };
}

/** Refused at once, before there is an operation. */
export async function checkCopy({ tree }: Parts, { from, to }: CopyFile): Promise<void> {
  await using source = await tree.place(parsePath(from));
  await using target = await tree.place(parseNewPath(to));
  if (`${to}/`.startsWith(`${from}/`)) throw refusals.intoItself(to);
  if ((await source.folder.look(source.name)) === undefined) throw refusals.notFound(from);
  if ((await target.folder.look(target.name)) !== undefined) throw refusals.exists(to);
}

async function copy(
  parts: Parts,
  { operationId, from }: CopyInput,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<void> {
  const { tree, workshop, disk } = parts;
  await using source = await tree.place(parsePath(from));
  const stat = await source.folder.look(source.name);
  if (stat === undefined) throw refusals.notFound(from);
  const copier = new Copier(parts, itemOf(await freshFolder(workshop, operationId)), signal);
  if (!stat.isDirectory()) {
    using _room = await disk.hold(Number(stat.size));
    await copier.take(source.folder, source.name, stat, []);
    return disk.wrote(Number(stat.size));
  }
  await using folder = await source.folder.child(source.name);
  let bytes = 0;
  let entries = 0;
  for await (const met of walk(folder, { entries: mostEntries, signal })) {
    bytes += Number(met.stat.size);
    entries++;
  }
  using _room = await disk.hold(bytes);
  await copier.take(source.folder, source.name, stat, []);
  let done = 0;
  for await (const { folder: here, name, stat: found, below } of walk(folder, {
    entries: mostEntries,
    signal,
  })) {
    await copier.take(here, name, found, below);
    progress(Math.min(1, ++done / Math.max(1, entries)));
  }
  disk.wrote(bytes);
}

class Copier {
  readonly #parts: Parts;
  readonly #root: Buffer;
  readonly #signal: AbortSignal;

  constructor(parts: Parts, root: string, signal: AbortSignal) {
    this.#parts = parts;
    this.#root = Buffer.from(root);
    this.#signal = signal;
  }

  async take(
    folder: Folder,
    name: Buffer,
    stat: BigIntStats,
    below: readonly Buffer[],
  ): Promise<void> {
    const { tree } = this.#parts;
    const path = folder.pathOf(name);
    const target = Buffer.concat([
      this.#root,
      ...below.flatMap((part) => [Buffer.from('/'), part]),
    ]);
    if (target.length > longestPath) throw refusals.treeTooDeep(path);
    if (stat.isDirectory()) {
      await mkdir(target, { mode: 0o755 });
      await this.#own(target);
    } else if (stat.isSymbolicLink()) {
      await symlink(await readlink(folder.at(name), 'buffer'), target);
      await this.#own(target);
    } else await this.#file(await tree.openFile({ folder, name, path }), target, path);
  }

  async #file(
    { handle, stat }: Awaited<ReturnType<Parts['tree']['openFile']>>,
    target: Buffer,
    path: string,
  ): Promise<void> {
    await using copied = await open(target, NEW, 0o600).catch(async (error: unknown) => {
      await handle.close();
      throw error;
    });
    for await (const chunk of chunksOf(handle, 0, Number(stat.size) - 1, path)) {
      this.#signal.throwIfAborted();
      await copied.writeFile(chunk);
    }
    const { owner } = this.#parts.tree;
    if (owner !== null) await copied.chown(owner.uid, owner.gid);
    await copied.chmod(Number(stat.mode) & 0o777);
    await copied.utimes(Number(stat.atimeMs) / 1000, Number(stat.mtimeMs) / 1000);
  }

  async #own(path: Buffer): Promise<void> {
    const { owner } = this.#parts.tree;
    if (owner !== null) await lchown(path, owner.uid, owner.gid);
  }
}
