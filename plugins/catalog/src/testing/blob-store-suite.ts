/**
 * What every blob store promises, as tests for whichever test runner the store's author uses:
 *
 *     import { test } from 'uvu';
 *     testBlobStore(test, makeMyStore);
 *     test.run();
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BlobStore } from '../index.ts';

export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** The same content as another process of the platform sees it. */
  readonly again: BlobStore;
  close(): Promise<void> | void;
}

/** Declares one test. */
export type DeclareTest = (title: string, run: () => Promise<void>) => unknown;

type Promised = (test: BlobStoreUnderTest & { readonly folder: string }) => Promise<void>;

/** `make` gives an empty store; each test gets its own. */
export function testBlobStore(test: DeclareTest, make: () => Promise<BlobStoreUnderTest>): void {
  for (const [title, check] of Object.entries(promises)) {
    test(`a blob store: ${title}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'zlh-blobs-'));
      const made = await make();
      try {
        await check({ ...made, folder });
      } finally {
        await made.close();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
}

const promises: Readonly<Record<string, Promised>> = {
  async 'what was put in comes out again, for every process'({ store, again, folder }) {
    const { sha256, file, content } = blob(folder);
    await store.put(sha256, file);
    assert.equal(await store.size(sha256), content.length);
    assert.equal(await again.size(sha256), content.length);
    assert.ok((await all(await again.read(sha256))).equals(content));
  },

  async 'what is not there has no size'({ store }) {
    assert.equal(await store.size('0'.repeat(64)), null);
  },

  async 'a part is read by its first and last byte'({ store, folder }) {
    const { sha256, file, content } = blob(folder);
    await store.put(sha256, file);
    const part = await all(await store.read(sha256, { start: 10, end: 19 }));
    assert.ok(part.equals(content.subarray(10, 20)));
    const end = await all(await store.read(sha256, { start: content.length - 5 }));
    assert.ok(end.equals(content.subarray(-5)));
  },

  async 'putting the same in twice, even at once, changes nothing'({ store, again, folder }) {
    const content = randomBytes(100_000);
    const copies = [0, 1, 2, 3].map(() => blob(folder, content));
    const puts = copies.map(({ sha256, file }, index) =>
      (index % 2 === 0 ? store : again).put(sha256, file),
    );
    await Promise.all(puts);
    assert.ok((await all(await store.read(copies[0]!.sha256))).equals(content));
  },

  async 'a reader goes on though the blob is deleted'({ store, folder }) {
    const { sha256, file, content } = blob(folder);
    await store.put(sha256, file);
    const stream = await store.read(sha256);
    await store.delete(sha256);
    assert.ok((await all(stream)).equals(content));
    assert.equal(await store.size(sha256), null);
    await store.delete(sha256);
  },

  async 'one in quarantine is gone until it is put in anew'({ store, folder }) {
    const content = randomBytes(1000);
    const first = blob(folder, content);
    await store.put(first.sha256, first.file);
    await store.quarantine(first.sha256);
    assert.equal(await store.size(first.sha256), null);
    await store.quarantine(first.sha256);
    const second = blob(folder, content);
    await store.put(second.sha256, second.file);
    assert.equal(await store.size(second.sha256), content.length);
  },

  async 'a name that is no hash reaches nothing'({ store }) {
    for (const name of ['../../etc/passwd', '', 'A'.repeat(64), `${'0'.repeat(63)}/`]) {
      await assert.rejects(async () => store.size(name));
    }
  },
};

let files = 0;

function blob(folder: string, content = randomBytes(200_000)) {
  const file = join(folder, `blob-${files++}`);
  writeFileSync(file, content);
  return { file, content, sha256: createHash('sha256').update(content).digest('hex') };
}

async function all(stream: Readable): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}
