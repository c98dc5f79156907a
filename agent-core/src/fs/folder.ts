/**
 * A folder held open by handle. Everything in it is reached through the handle, one name at a time and never through a
 * link, so that whatever is renamed, swapped or linked meanwhile, nothing outside of the instance's folder is touched:
 * `/proc/self/fd/<handle>/<name>` means this very folder, wherever its name leads by now.
 */
import { constants, type BigIntStats } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import type { FileOwner } from '../contract/ground.ts';
import { Refusal } from '../contract/refusal.ts';
import { refusals, toRefusal } from './errors.ts';
import { joined, textOf } from './names.ts';

/** Linux; Node does not name it. A folder opened so needs not be readable. */
export const O_PATH = 0o10000000;
const FOLDER = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export class Folder implements AsyncDisposable {
  /** From the instance's folder; names its things in errors. */
  readonly parts: readonly Buffer[];
  readonly #handle: FileHandle;
  readonly #prefix: Buffer;

  private constructor(handle: FileHandle, parts: readonly Buffer[]) {
    this.#handle = handle;
    this.parts = parts;
    this.#prefix = Buffer.from(`/proc/self/fd/${handle.fd}/`);
  }

  /** A folder of our own, by its path; it must be no link. */
  static async openRoot(path: string): Promise<Folder> {
    return new Folder(await open(path, FOLDER), []);
  }

  /** A path that means this name in this folder. The last step must not be followed by whoever uses it. */
  at(name: Buffer): Buffer {
    return Buffer.concat([this.#prefix, name]);
  }

  /** How people call what has this name here. */
  pathOf(name: Buffer): string {
    return joined([...this.parts, name]);
  }

  get path(): string {
    return joined(this.parts);
  }

  async child(name: Buffer): Promise<Folder> {
    try {
      return new Folder(await open(this.at(name), FOLDER), [...this.parts, name]);
    } catch (error) {
      const path = this.pathOf(name);
      if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw toRefusal(error, path);
      const found = await this.look(name);
      throw found?.isSymbolicLink() === true ? refusals.isLink(path) : refusals.notFolder(path);
    }
  }

  /** Makes a folder in this one; `owner` is given it. */
  async makeChild(name: Buffer, owner: FileOwner | null): Promise<void> {
    await mkdir(this.at(name), { mode: 0o755 }).catch((error: unknown) => {
      throw toRefusal(error, this.pathOf(name));
    });
    if (owner === null) return;
    await using child = await this.child(name);
    await using handle = await open(child.#prefix, constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.chown(owner.uid, owner.gid);
  }

  /** The folder of this name, made when nothing has the name. */
  async childOrNew(name: Buffer, owner: FileOwner | null): Promise<Folder> {
    if ((await this.look(name)) === undefined)
      await this.makeChild(name, owner).catch((error: unknown) => {
        if (!(error instanceof Refusal) || error.code !== 'FILES_EXISTS') throw error;
      });
    return this.child(name);
  }

  /** Undefined when there is nothing of that name. Never follows a link. */
  async look(name: Buffer): Promise<BigIntStats | undefined> {
    try {
      return await lstat(this.at(name), { bigint: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw toRefusal(error, this.pathOf(name));
    }
  }

  stat(): Promise<BigIntStats> {
    return this.#handle.stat({ bigint: true });
  }

  /** Lets its owner in. */
  unlock(): Promise<void> {
    return chmod(`/proc/self/fd/${this.#handle.fd}`, 0o700);
  }

  /** Names in the order of their bytes, each byte as one character: cheap to sort, and without loss. */
  async names(): Promise<string[]> {
    try {
      return (await readdir(this.#prefix, { encoding: 'latin1' })).sort(byBytes);
    } catch (error) {
      throw toRefusal(error, this.path);
    }
  }

  /** Throws when its names are not to be had. */
  async assertReadable(): Promise<void> {
    try {
      await (await open(this.#prefix, constants.O_RDONLY | constants.O_DIRECTORY)).close();
    } catch (error) {
      throw toRefusal(error, this.path);
    }
  }

  /** What was renamed or made here is on disk. */
  async sync(): Promise<void> {
    await using handle = await open(this.#prefix, constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

export const nameOf = (bytes: string): Buffer => Buffer.from(bytes, 'latin1');

/** The text of a name as `names` gives it. */
export const textOfName = (bytes: string): string => textOf(nameOf(bytes));
