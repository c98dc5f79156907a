/**
 * The plugin's own folders, beside the instance's folder and out of its reach: what is being made lies here until it is
 * whole and is then moved to its place, and what was deleted lies here until it is taken apart. So a kill at any moment
 * leaves the instance's folder as it was before or as it is wanted, and nothing half made in it.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync, type BigIntStats } from 'node:fs';
import { readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, type Logger } from '@zlh/kernel';
import { freedBy } from './disk.ts';
import { toRefusal } from './errors.ts';
import { Folder, nameOf } from './folder.ts';

export class StagingArea {
  readonly #state: string;
  readonly #log: Logger;
  /** Of things in the trash, by their names there: whom to tell what goes. */
  readonly #freed = new Map<string, (bytes: number) => void>();
  #clearing: Promise<void> = Promise.resolve();
  #closed = false;

  /** Throws when the folders lie on another disk than the instance's: nothing could be moved then. */
  constructor(state: string, data: string, log: Logger) {
    this.#state = state;
    this.#log = log;
    for (const name of ['incoming', 'work', 'trash', 'uploads'])
      mkdirSync(join(state, name), { recursive: true, mode: 0o700 });
    if (statSync(state).dev === statSync(data).dev) return;
    throw new CodedError(
      'FILES_TWO_DISKS',
      `The agent's folder "${state}" and the instance's folder "${data}" are on different disks.`,
      "Put the agent's whole home on one disk.",
    );
  }

  get state(): string {
    return this.#state;
  }
  get uploads(): string {
    return join(this.#state, 'uploads');
  }

  /** A path for a file in the making. */
  incoming(): string {
    return join(this.#state, 'incoming', randomUUID());
  }

  /** The folder of one operation, the same after a restart. */
  work(operationId: string): string {
    return join(this.#state, 'work', operationId);
  }

  /**
   * Takes something out of sight at once; taking it apart goes on by itself. `freed` is told, piece by piece, what that
   * gives back of the disk.
   */
  async discard(path: string | Buffer, freed?: (bytes: number) => void): Promise<void> {
    await this.#toTrash(path, freed);
    this.clear();
  }

  async #toTrash(path: string | Buffer, freed: ((bytes: number) => void) | undefined) {
    const name = randomUUID();
    if (freed !== undefined) this.#freed.set(name, freed);
    await rename(path, join(this.#state, 'trash', name)).catch((error: unknown) => {
      this.#freed.delete(name);
      throw error;
    });
  }

  /** Throws away what an earlier agent left half made, and the trash. */
  async begin(): Promise<void> {
    for (const name of await readdir(join(this.#state, 'incoming')))
      await this.#toTrash(join(this.#state, 'incoming', name), undefined);
    this.clear();
  }

  /** Throws away the folders of operations that nobody goes on with. */
  async sweep(goesOn: (operationId: string) => boolean): Promise<void> {
    for (const id of await readdir(join(this.#state, 'work')))
      if (!goesOn(id)) await this.#toTrash(this.work(id), undefined).catch(unlessGone);
    this.clear();
  }

  clear(): void {
    this.#clearing = this.#clearing
      .then(() => this.#empty())
      .catch((error: unknown) => this.#log.warn({ err: error }, 'the trash could not be emptied'));
  }

  /** Resolves when what was thrown away until now is taken apart, as far as it can be. */
  cleared(): Promise<void> {
    return this.#clearing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#clearing;
  }

  async #empty(): Promise<void> {
    await using trash = await Folder.openRoot(join(this.#state, 'trash'));
    for (let names = await trash.names(); names.length > 0; names = await trash.names()) {
      let gone = 0;
      for (const name of names) {
        if (this.#closed) return;
        // One that cannot be taken apart is in nobody's way.
        const took = this.#takeApart(trash, name);
        gone += await took.then(
          () => 1,
          (error: unknown) => this.#left(error),
        );
      }
      if (gone === 0) return; // what is left is tried again with the next
    }
  }

  /**
   * Folders within go up into the trash itself: no depth is too deep. Through a handle and never through a link, for a
   * process that has the folder open may still put things into it.
   */
  async #takeApart(trash: Folder, name: string): Promise<void> {
    const freed = this.#freed.get(name);
    const stat = await trash.look(nameOf(name));
    if (stat?.isDirectory() === true) await this.#emptyOut(trash, name, stat);
    else await unlink(trash.at(nameOf(name)));
    this.#freed.delete(name);
    freed?.(freedBy(stat));
  }

  async #emptyOut(trash: Folder, name: string, stat: BigIntStats): Promise<void> {
    await using folder = await trash.child(nameOf(name));
    // Its owner may have locked themselves out, and us with them.
    if (isLocked(stat)) await folder.unlock();
    for (const each of await folder.names()) {
      if (this.#closed) return;
      const out = this.#takeOut(folder, nameOf(each), trash, this.#freed.get(name));
      await out.catch((error: unknown) => this.#left(error));
    }
    await rmdir(trash.at(nameOf(name)));
  }

  async #takeOut(
    folder: Folder,
    name: Buffer,
    trash: Folder,
    freed: ((bytes: number) => void) | undefined,
  ): Promise<void> {
    const stat = await folder.look(name);
    if (stat?.isDirectory() !== true) {
      await unlink(folder.at(name));
      return freed?.(freedBy(stat));
    }
    await using inner = await folder.child(name);
    if (isLocked(stat)) await inner.unlock();
    const up = randomUUID();
    if (freed !== undefined) this.#freed.set(up, freed);
    await rename(folder.at(name), trash.at(Buffer.from(up)));
  }

  #left(error: unknown): 0 {
    this.#log.debug({ err: toRefusal(error, 'trash') }, 'something in the trash is left');
    return 0;
  }
}

/** Whoever takes a folder apart, or moves it, must be able to read and write it. */
const isLocked = ({ mode }: BigIntStats) => (mode & 0o700n) !== 0o700n;

function unlessGone(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
