/**
 * Makes something in a folder of the operation's own, out of the instance's reach, and moves it to its place when it is
 * whole. After a kill the making begins anew and the moving goes on where it was.
 */
import { lstat, mkdir, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext } from '@zlh/agent';
import {
  type Disk,
  moveNew,
  parseNewPath,
  refusals,
  type Reservation,
  type StagingArea,
  toRefusal,
} from '@zlh/agent/fs';
import type { Parts } from '../content/write.ts';

/** Empty, whatever an earlier try left there. */
export async function freshFolder(staging: StagingArea, operationId: string): Promise<string> {
  const folder = staging.work(operationId);
  await staging.discard(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

/** What an operation takes of the disk: held while it is in the making, counted as used when it stays. */
export class Taken implements Disposable {
  readonly #disk: Disk;
  #room: Reservation | undefined;
  #bytes = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async begin(bytes: number, signal: AbortSignal): Promise<void> {
    this.#room = await this.#disk.reserve(bytes, signal);
  }

  grow(bytes: number): Promise<void> | undefined {
    this.#bytes = bytes;
    return this.#room?.grow(bytes);
  }

  /** Of what an earlier agent had made nothing is known here: it is counted with the next look. */
  stays(): void {
    this[Symbol.dispose]();
    if (this.#bytes > 0) this.#disk.recordAdded(this.#bytes);
    this.#bytes = 0;
  }

  [Symbol.dispose](): void {
    this.#room?.[Symbol.dispose]();
    this.#room = undefined;
  }
}

/** Runs the phases; the operation's folder goes away with it, unless the next agent is to go on. */
export async function staged(
  { staging, disk }: Parts,
  { signal, input }: OperationContext<{ readonly operationId: string; readonly named: string }>,
  phases: (taken: Taken) => Promise<void>,
): Promise<void> {
  using taken = new Taken(disk);
  try {
    await phases(taken);
  } catch (error) {
    if ((signal.reason as { code?: string } | undefined)?.code !== 'AGENT_ENDING')
      await staging.discard(staging.work(input.operationId)).catch(() => undefined); // not made yet
    throw toRefusal(error, input.named);
  }
  await rm(staging.work(input.operationId), { recursive: true, force: true });
}

/** What is made, in the operation's folder. */
export const itemOf = (folder: string): string => join(folder, 'item');

/** Moves what was made to a path that is free. */
export async function placeItem(
  { tree, staging, locks }: Parts,
  { operationId, to }: { readonly operationId: string; readonly to: string },
): Promise<void> {
  const path = itemOf(staging.work(operationId));
  await locks.run(to, async () => {
    await using target = await tree.place(parseNewPath(to), true);
    // An agent that was killed here had moved it already, or all but the last step of that.
    const item = await lstat(path, { bigint: true }).catch(unlessGone);
    if (item === undefined) return;
    const there = await target.folder.look(target.name);
    if (there !== undefined && there.ino !== item.ino) throw refusals.exists(to);
    try {
      if (there !== undefined) await unlink(path);
      else await moveNew(path, target.folder.at(target.name), item.isDirectory());
    } catch (error) {
      throw toRefusal(error, to);
    }
    await target.folder.sync();
  });
}

function unlessGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
