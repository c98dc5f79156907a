/** What every blob store promises, as tests: call it from a test file of the store, before `test.run()`. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BlobStore } from '../index.ts';

export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** The same content as another process of the platform sees it. */
  readonly again: BlobStore;
  close(): Promise<void> | void;
}

/** `make` gives an empty store; each test gets its own. */
export function testBlobStore(
  name: string,
  make: () => Promise<BlobStoreUnderTest>,
): Test<BlobStoreUnderTest & { folder: string }> {
  const test = suite<BlobStoreUnderTest & { folder: string }>(name);

  test.before.each(async (context) => {
    Object.assign(context, await make(), { folder: mkdtempSync(join(tmpdir(), 'zlh-blobs-')) });
  });
  test.after.each(async ({ close, folder }) => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('what was put in comes out again, for every process', async ({ store, again, folder }) => {
    const { sha256, file, content } = blob(folder);
    await store.put(sha256, file);
    assert.is(await store.size(sha256), content.length);
    assert.is(await again.size(sha256), content.length);
    assert.ok((await all(await again.read(sha256))).equals(content));
  });

  test('what is not there has no size', async ({ store }) => {
    assert.is(await store.size('0'.repeat(64)), null);
  });

  test('a part is read by its first and last byte', async ({ store, folder }) => {
    const { sha256, file, content } = blob(folder);
    await store.put(sha256, file);
    assert.ok(
      (await all(await store.read(sha256, { start: 10, end: 19 }))).equals(
        content.subarray(10, 20),
      ),
    );
    assert.ok(
      (await all(await store.read(sha256, { start: content.length - 5 }))).equals(
        content.subarray(-5),
      ),
    );
  });

  test('putting the same in twice, even at once, changes nothing', async ({
    store,
    again,
    folder,
  }) => {
    const content = randomBytes(100_000);
    const copies = [0, 1, 2, 3].map(() => blob(folder, content));
    await Promise.all(
      copies.map(({ sha256, file }, index) => (index % 2 === 0 ? store : again).put(sha256, file)),
    );
    assert.ok((await all(await store.read(copies[0]!.sha256))).equals(content));
  });

  test('a reader goes on though the blob is deleted', async ({ store, folder }) => {
    const { sha256, file, content } = blob(folder);
    await store.put(sha256, file);
    const stream = await store.read(sha256);
    await store.delete(sha256);
    assert.ok((await all(stream)).equals(content));
    assert.is(await store.size(sha256), null);
    await store.delete(sha256);
  });

  test('a blob in quarantine is gone until it is put in anew', async ({ store, folder }) => {
    const content = randomBytes(1000);
    const first = blob(folder, content);
    await store.put(first.sha256, first.file);
    await store.quarantine(first.sha256);
    assert.is(await store.size(first.sha256), null);
    await store.quarantine(first.sha256);
    const second = blob(folder, content);
    await store.put(second.sha256, second.file);
    assert.is(await store.size(second.sha256), content.length);
  });

  test('a name that is no hash reaches nothing', async ({ store }) => {
    for (const name of ['../../etc/passwd', '', 'A'.repeat(64), `${'0'.repeat(63)}/`]) {
      try {
        await store.size(name);
      } catch {
        continue; // refused, as it should be
      }
      assert.unreachable(`"${name}" was looked up`);
    }
  });

  return test;
}

let files = 0;

function blob(folder: string, content = randomBytes(200_000)) {
  const file = join(folder, `blob-${files++}`);
  writeFileSync(file, content);
  return { file, content, sha256: createHash('sha256').update(content).digest('hex') };
}

async function all(stream: Readable): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}
