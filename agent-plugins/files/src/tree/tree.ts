/** The instance's folder as a tree: finds the folder a path lies in, step by step, and opens files in it safely. */
import { constants, type BigIntStats } from 'node:fs';
import { chmod, open, type FileHandle } from 'node:fs/promises';
import { Refusal, type AgentGround } from '@zlh/agent';
import { Folder, joined, O_PATH, refusals, toRefusal } from '@zlh/agent/fs';

/** A pipe that took the place of a file must not block us. */
const ANY = O_PATH | constants.O_NOFOLLOW;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Where a thing is, or would be. Close its folder. */
export interface Place extends AsyncDisposable {
  readonly folder: Folder;
  readonly name: Buffer;
  readonly path: string;
}

export class Tree {
  readonly #ground: AgentGround;

  constructor(ground: AgentGround) {
    this.#ground = ground;
  }

  get owner(): AgentGround['owner'] {
    return this.#ground.owner;
  }

  /** With `make`, folders that are missing are made and belong to the instance's user. */
  async folder(parts: readonly Buffer[], make = false): Promise<Folder> {
    let folder = await Folder.openRoot(this.#ground.data);
    for (const part of parts) {
      const parent = folder;
      try {
        folder = await (make ? parent.childOrNew(part, this.owner) : parent.child(part));
      } finally {
        await parent[Symbol.asyncDispose]();
      }
    }
    return folder;
  }

  async place(parts: readonly Buffer[], make = false): Promise<Place> {
    const name = parts.at(-1);
    if (name === undefined) throw refusals.isRoot();
    const folder = await this.folder(parts.slice(0, -1), make);
    return {
      folder,
      name,
      path: joined(parts),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  }

  /** Undefined when a folder on the way is missing: it is made with what is going to lie in it. */
  async findPlace(parts: readonly Buffer[]): Promise<Place | undefined> {
    return this.place(parts).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'FILES_NOT_FOUND') return undefined;
      throw error;
    });
  }

  /** A regular file of the instance, open for reading. */
  async openFile({ folder, name, path }: Omit<Place, keyof AsyncDisposable>): Promise<{
    readonly handle: FileHandle;
    readonly stat: BigIntStats;
  }> {
    const found = await folder.look(name);
    if (found === undefined) throw refusals.notFound(path);
    this.assertFile(found, path);
    const handle = await open(folder.at(name), READ).catch((error: unknown) => {
      throw toRefusal(error, path);
    });
    try {
      const stat = await handle.stat({ bigint: true });
      this.assertFile(stat, path);
      return { handle, stat };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Of a file or folder of the instance, itself: what takes its place meanwhile is not touched. */
  async changeMode({ folder, name, path }: Place, mode: number): Promise<void> {
    try {
      await using handle = await open(folder.at(name), ANY);
      const stat = await handle.stat({ bigint: true });
      if (!stat.isDirectory()) this.assertFile(stat, path);
      await chmod(`/proc/self/fd/${handle.fd}`, mode);
    } catch (error) {
      throw toRefusal(error, path);
    }
  }

  assertFile(stat: BigIntStats, path: string): void {
    if (stat.isDirectory()) throw refusals.isFolder(path);
    if (stat.isSymbolicLink()) throw refusals.isLink(path);
    if (!stat.isFile()) throw refusals.notFile(path);
    this.assertOwn(stat, path);
  }

  /**
   * A hard link may be another name of a file outside. As root the agent could read and change it where the instance's
   * own user could not, so it leaves such files alone.
   */
  assertOwn(stat: BigIntStats, path: string): void {
    const { owner } = this;
    if (owner === null || stat.isDirectory() || stat.nlink < 2n) return;
    if (stat.uid !== BigInt(owner.uid)) throw refusals.foreign(path);
  }
}
