/**
 * The plugin's own folders, beside the instance's folder and out of its reach: what is being made lies here until it is
 * whole and is then moved to its place, and what was deleted lies here until it is taken apart. So a kill at any moment
 * leaves the instance's folder as it was before or as it is wanted, and nothing half made in it.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, type Logger } from '@zlh/kernel';
import { explained } from './errors.ts';
import { Folder, nameOf } from './tree/folder.ts';

/** An operation goes on as soon as its agent is there again, or never. */
const FORGOTTEN_MS = 24 * 3_600_000;

export class Workshop {
  readonly #state: string;
  readonly #log: Logger;
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

  /** Takes something out of sight at once; taking it apart goes on by itself. */
  async discard(path: string | Buffer): Promise<void> {
    await rename(path, join(this.#state, 'trash', randomUUID()));
    this.clear();
  }

  /** Throws away what an earlier agent left: files in the making, work that nobody goes on with, and the trash. */
  async begin(): Promise<void> {
    for (const name of await readdir(join(this.#state, 'incoming')))
      await unlink(join(this.#state, 'incoming', name));
    for (const id of await readdir(join(this.#state, 'work'))) {
      const { mtimeMs } = statSync(this.work(id));
      if (Date.now() - mtimeMs > FORGOTTEN_MS) await this.discard(this.work(id));
    }
    this.clear();
  }

  clear(): void {
    this.#clearing = this.#clearing
      .then(() => this.#empty())
      .catch((error: unknown) => this.#log.warn({ err: error }, 'the trash could not be emptied'));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#clearing;
  }

  async #empty(): Promise<void> {
    await using trash = await Folder.openRoot(join(this.#state, 'trash'));
    for (let names = await trash.names(); names.length > 0; names = await trash.names()) {
      let gone = 0;
      for (const name of names) gone += (await this.#takeApart(trash, nameOf(name))) ? 1 : 0;
      if (this.#closed || gone === 0) return; // what is left is tried again with the next
    }
  }

  /**
   * Folders within go up into the trash itself: no depth is too deep. Through a handle and never through a link, for a
   * process that has the folder open may still put things into it.
   */
  async #takeApart(trash: Folder, name: Buffer): Promise<boolean> {
    if (this.#closed) return false;
    const stat = await trash.look(name);
    if (stat?.isDirectory() !== true) return this.#removed(unlink(trash.at(name)));
    await using folder = await trash.child(name);
    for (const each of await folder.names()) {
      if (this.#closed) return false;
      const inner = nameOf(each);
      const isFolder = (await folder.look(inner))?.isDirectory() === true;
      await this.#removed(
        isFolder
          ? rename(folder.at(inner), trash.at(Buffer.from(randomUUID())))
          : unlink(folder.at(inner)),
      );
    }
    return await this.#removed(rmdir(trash.at(name)));
  }

  async #removed(removal: Promise<void>): Promise<boolean> {
    try {
      await removal;
      return true;
    } catch (error) {
      this.#log.debug({ err: explained(error, 'trash') }, 'something in the trash is left');
      return false;
    }
  }
}
