/** A store in memory, with faults on demand, for tests of plugins that store blobs. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { assertKey, type BlobStore } from '../index.ts';

export interface MemoryBlobStore extends BlobStore {
  readonly blobs: Map<string, Buffer>;
  /** Called before each `put`; an error of it is the store's. */
  beforePut: (key: string) => void;
}

export function memoryBlobStore(): MemoryBlobStore {
  const blobs = new Map<string, Buffer>();
  return {
    blobs,
    beforePut: () => undefined,
    location: 'memory',
    remote: false,
    async put(key, body) {
      assertKey(key);
      const content = await buffer(body);
      this.beforePut(key);
      blobs.set(key, content);
      return content.length;
    },
    async get(key) {
      const content = blobs.get(key);
      return content === undefined
        ? null
        : { size: content.length, body: Readable.from([content], { objectMode: false }) };
    },
    async *list(prefix) {
      for (const [key, { length }] of blobs)
        if (key.startsWith(prefix)) yield { key, size: length };
    },
    async delete(key) {
      blobs.delete(key);
    },
  };
}
