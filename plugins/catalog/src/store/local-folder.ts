/**
 * Blobs in a local folder, which several processes may share: `<folder>/<first two digits>/<sha256>`.
 * A blob appears whole or not at all, survives a power cut once `put` resolved, and is read-only.
 */
import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, chmod, copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { diskFull, storeUnusable } from '../errors.ts';
import type { BlobStore } from '../index.ts';

export class LocalFolderBlobStore implements BlobStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder; rejects with a coded error when it cannot be written. */
  async open(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o750 });
      await access(this.folder, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw storeUnusable(
        this.folder,
        (error as NodeJS.ErrnoException).code ?? String(error),
        error,
      );
    }
  }

  async size(sha256: string): Promise<number | null> {
    try {
      return (await stat(this.#path(sha256))).size;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async read(
    sha256: string,
    range: { readonly start: number; readonly end?: number } = { start: 0 },
  ): Promise<Readable> {
    const handle = await open(this.#path(sha256), 'r');
    return createReadStream('', { fd: handle, highWaterMark: 256 * 1024, ...range });
  }

  async put(sha256: string, file: string): Promise<void> {
    const target = this.#path(sha256);
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o750 });
      await chmod(file, 0o440);
      await sync(file);
      await this.#place(file, target);
      await sync(dirname(target));
    } catch (error) {
      throw codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT'
        ? diskFull(this.folder, error)
        : error;
    }
  }

  async delete(sha256: string): Promise<void> {
    await rm(this.#path(sha256), { force: true });
  }

  async quarantine(sha256: string): Promise<void> {
    const aside = join(this.folder, 'quarantine');
    await mkdir(aside, { recursive: true, mode: 0o750 });
    try {
      await rename(this.#path(sha256), join(aside, sha256));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error; // another process was faster
    }
  }

  /** A hard link refuses to replace what is there, so the first of several processes wins. */
  async #place(file: string, target: string): Promise<void> {
    try {
      await link(file, target);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EXDEV') return this.#placeCopy(file, target);
      if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EMLINK') return rename(file, target); // no hard links here
      if (code !== 'EEXIST') throw error;
    }
    await rm(file, { force: true });
  }

  async #placeCopy(file: string, target: string): Promise<void> {
    const copy = `${target}.${randomUUID()}.part`;
    try {
      await copyFile(file, copy);
      await chmod(copy, 0o440);
      await sync(copy);
      await rename(copy, target);
    } finally {
      await rm(copy, { force: true });
    }
    await rm(file, { force: true });
  }

  #path(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError(`"${sha256}" is no SHA-256`);
    return join(this.folder, sha256.slice(0, 2), sha256);
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** Brings a file's content, or a folder's entries, to the disk. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
