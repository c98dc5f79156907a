/**
 * Blobs as files below one folder, which several processes may share. Guarantees: a blob appears whole
 * or not at all, survives a power cut once `put` resolved, and `put` leaves nothing behind when it
 * fails.
 */
import { randomUUID } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { CodedError } from '@zlh/kernel';
import { assertKey, type BlobStore } from '@zlh/storage';

/** An unfinished blob older than this belongs to a process that was killed. */
const abandonedAfterMs = 24 * 3_600_000;
const highWaterMark = 256 * 1024;

export class LocalBlobStore implements BlobStore {
  readonly location = 'this machine';
  readonly remote = false;
  readonly #blobs: string;
  readonly #incoming: string;

  constructor(folder: string) {
    this.#blobs = join(folder, 'blobs');
    this.#incoming = join(folder, 'incoming');
  }

  /** Makes the folders; rejects with `storage.unusable` when they cannot be written. */
  async open(): Promise<void> {
    for (const folder of [this.#blobs, this.#incoming])
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
      } catch (error) {
        throw unusable(folder, error);
      }
    await this.#removeAbandoned();
  }

  async put(key: string, body: Readable, signal?: AbortSignal): Promise<number> {
    const target = this.#path(key);
    const file = join(this.#incoming, randomUUID());
    try {
      const size = await this.#write(file, body, signal);
      await this.#place(file, target);
      return size;
    } catch (error) {
      await rm(file, { force: true });
      const code = codeOf(error);
      throw code === 'ENOSPC' || code === 'EDQUOT' ? full(error) : error;
    }
  }

  async get(key: string): ReturnType<BlobStore['get']> {
    try {
      const handle = await open(this.#path(key), 'r');
      const { size } = await handle.stat();
      return { size, body: handle.createReadStream({ highWaterMark }) };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async *list(prefix: string): ReturnType<BlobStore['list']> {
    const parts = prefix.split('/').slice(0, -1);
    if (parts.some((part) => part === '..' || part === '.')) return;
    yield* this.#below(parts, prefix);
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    await rm(path, { force: true });
    for (let folder = dirname(path); folder !== this.#blobs; folder = dirname(folder))
      try {
        await rmdir(folder);
      } catch {
        return; // something is in it, or another process took it away
      }
  }

  async #write(file: string, body: Readable, signal?: AbortSignal): Promise<number> {
    const sink = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true, highWaterMark });
    await pipeline(body, sink, signal === undefined ? {} : { signal });
    return sink.bytesWritten;
  }

  /** Another process may take an empty folder away between its making and the rename. */
  async #place(file: string, target: string): Promise<void> {
    for (let tries = 1; ; tries++)
      try {
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await rename(file, target);
        break;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || tries === 10) throw error;
      }
    for (let folder = dirname(target); ; folder = dirname(folder)) {
      await syncFolder(folder);
      if (folder === this.#blobs) return;
    }
  }

  async *#below(parts: readonly string[], prefix: string): ReturnType<BlobStore['list']> {
    const entries = await readdir(join(this.#blobs, ...parts), { withFileTypes: true }).catch(
      (error: unknown) => {
        if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return [];
        throw error;
      },
    );
    for (const entry of entries) {
      const key = [...parts, entry.name].join('/');
      if (entry.isDirectory()) {
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`))
          yield* this.#below([...parts, entry.name], prefix);
      } else if (key.startsWith(prefix)) {
        const size = await sizeOf(join(this.#blobs, key));
        if (size !== null) yield { key, size };
      }
    }
  }

  async #removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.#incoming)) {
      const path = join(this.#incoming, name);
      const age = Date.now() - ((await stat(path).catch(unlessGone))?.mtimeMs ?? Date.now());
      if (age > abandonedAfterMs) await rm(path, { force: true });
    }
  }

  #path(key: string): string {
    assertKey(key);
    return join(this.#blobs, key);
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

function unlessGone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

async function sizeOf(path: string): Promise<number | null> {
  return (await stat(path).catch(unlessGone))?.size ?? null;
}

/** A folder that another process has just removed holds nothing to be kept. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(unlessGone);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function full(cause: unknown): CodedError {
  return new CodedError(
    'storage.full',
    'The storage of the platform is full.',
    'Delete backups that are not needed, or ask the host for more space.',
    { cause },
  );
}

function unusable(folder: string, cause: unknown): CodedError {
  return new CodedError(
    'storage.unusable',
    `The folder "${folder}" cannot be written (${codeOf(cause) ?? String(cause)}).`,
    'Correct its owner and permissions, or name another one as "folder" of "@zlh/storage-local".',
    { cause },
  );
}
