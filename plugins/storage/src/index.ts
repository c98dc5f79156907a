/**
 * The contract of `storage`: blobs by key, in a folder or a service. A driver `storage-<name>` provides
 * it.
 */
import type { Readable } from 'node:stream';
import { token } from '@zlh/kernel';

/**
 * Keys are 1 to 512 characters of `a-z 0-9 . _ -` in parts with `/` between them; no part is empty, `.`
 * or `..`. A store is shared by all processes of the platform.
 */
export interface BlobStore {
  /** For people: "this machine", "the bucket worlds". */
  readonly location: string;
  /** True when blobs outlive the machine that the platform runs on. */
  readonly remote: boolean;
  /**
   * Stores the whole of a stream and resolves with its size when it survives a power cut. A reader sees
   * all of it or nothing; an earlier blob of the key is replaced. Rejects with `storage.full` when
   * there is no space, with the stream's own error when it fails, and leaves nothing behind then.
   */
  put(key: string, body: Readable, signal?: AbortSignal): Promise<number>;
  /**
   * The bytes, or null when the key has no blob. The caller reads the stream to its end or destroys it.
   */
  get(key: string): Promise<{ readonly size: number; readonly body: Readable } | null>;
  /** Every blob whose key begins so, in no order. */
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly size: number }>;
  /** Resolves also when there is none. */
  delete(key: string): Promise<void>;
}
export const BlobStore = token<BlobStore>('storage.blobs');

const shape = /^(?=.{1,512}$)(?!\.{1,2}(\/|$))[a-z0-9._-]+(\/(?!\.{1,2}(\/|$))[a-z0-9._-]+)*$/;

/** For drivers: a key is made by plugins, so a wrong one is a fault of the caller. */
export function assertKey(key: string): void {
  if (!shape.test(key)) throw new TypeError(`"${key}" is no key of a blob`);
}
