/**
 * The guarantees of every blob store, as tests for whichever test runner the driver's author uses:
 *
 *     import { test } from 'uvu';
 *     testBlobStore(test, makeMyStore);
 *     test.run();
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BlobStore } from '../index.ts';

export interface BlobStoreFixture {
  readonly store: BlobStore;
  /** The same content as another process of the platform sees it. */
  readonly again: BlobStore;
  close(): Promise<void> | void;
}

/** Declares one test. */
export type DeclareTest = (title: string, run: () => Promise<void>) => unknown;

type Check = (fixture: BlobStoreFixture) => Promise<void>;

/** `make` gives an empty store; each test gets its own. */
export function testBlobStore(test: DeclareTest, make: () => Promise<BlobStoreFixture>): void {
  for (const [title, check] of Object.entries(checks)) {
    test(`a blob store ${title}`, async () => {
      const fixture = await make();
      try {
        await check(fixture);
      } finally {
        await fixture.close();
      }
    });
  }
}

const streamOf = (...chunks: Buffer[]) => Readable.from(chunks, { objectMode: false });
async function listed(store: BlobStore, prefix: string) {
  const found: { readonly key: string; readonly size: number }[] = [];
  for await (const each of store.list(prefix)) found.push(each);
  return found;
}
const keysOf = async (store: BlobStore, prefix: string) =>
  (await listed(store, prefix)).map(({ key }) => key).toSorted();
async function contentOf(store: BlobStore, key: string): Promise<Buffer | null> {
  const found = await store.get(key);
  if (found === null) return null;
  const content = await buffer(found.body);
  assert.equal(found.size, content.length);
  return content;
}

const checks: Readonly<Record<string, Check>> = {
  async 'gives back the bytes it took, to every process'({ store, again }) {
    const chunks = Array.from({ length: 40 }, () => randomBytes(50_000));
    assert.equal(await store.put('a/b.tar', streamOf(...chunks)), 2_000_000);
    for (const each of [store, again])
      assert.ok((await contentOf(each, 'a/b.tar'))?.equals(Buffer.concat(chunks)));
  },
  async 'stores blobs without a byte'({ store }) {
    assert.equal(await store.put('empty', streamOf()), 0);
    assert.equal((await contentOf(store, 'empty'))?.length, 0);
  },
  async 'answers null for a key without a blob'({ store }) {
    assert.equal(await store.get('none'), null);
  },
  async 'lists the blobs of a prefix and no others'({ store, again }) {
    assert.deepEqual(await keysOf(again, 'a/'), []);
    for (const key of ['a/1', 'a/b/2', 'ab/3', 'b'])
      await store.put(key, streamOf(Buffer.from(key)));
    assert.deepEqual(await keysOf(again, 'a/'), ['a/1', 'a/b/2']);
    assert.deepEqual(await keysOf(again, 'a'), ['a/1', 'a/b/2', 'ab/3']);
    assert.deepEqual(await keysOf(again, ''), ['a/1', 'a/b/2', 'ab/3', 'b']);
    const [first] = await listed(store, 'ab/');
    assert.equal(first?.size, 4);
  },
  async 'replaces an earlier blob of the key as a whole'({ store, again }) {
    await store.put('key', streamOf(Buffer.from('an early and long one')));
    await store.put('key', streamOf(Buffer.from('late')));
    assert.equal((await contentOf(again, 'key'))?.toString(), 'late');
  },
  async 'deletes a blob, and a blob that is not there'({ store, again }) {
    await store.put('a/key', streamOf(Buffer.from('x')));
    await store.delete('a/key');
    await store.delete('a/key');
    assert.equal(await again.get('a/key'), null);
    assert.deepEqual(await keysOf(store, ''), []);
    await store.put('a/key', streamOf(Buffer.from('y')));
    assert.equal((await contentOf(store, 'a/key'))?.toString(), 'y');
  },
  async 'keeps nothing of a stream that failed, and the blob before it'({ store, again }) {
    await store.put('kept', streamOf(Buffer.from('before')));
    const broken = () =>
      Readable.from(
        (async function* () {
          yield Buffer.alloc(100_000);
          throw new Error('it broke');
        })(),
        { objectMode: false },
      );
    await assert.rejects(store.put('kept', broken()), /it broke/);
    await assert.rejects(store.put('new', broken()), /it broke/);
    assert.equal((await contentOf(again, 'kept'))?.toString(), 'before');
    assert.deepEqual(await keysOf(again, ''), ['kept']);
  },
  async 'lets one of several writers of a key win as a whole'({ store, again }) {
    const contents = Array.from({ length: 6 }, (_, each) => Buffer.alloc(300_000, each));
    await Promise.all(
      contents.map((content, each) => (each % 2 ? store : again).put('race', streamOf(content))),
    );
    const found = await contentOf(again, 'race');
    assert.ok(contents.some((content) => found?.equals(content)));
    assert.deepEqual(await keysOf(store, ''), ['race']);
  },
  async 'refuses keys that could leave it'({ store }) {
    const wrong = [
      '',
      '/a',
      'a/',
      'a//b',
      '..',
      'a/../b',
      './a',
      'a\0b',
      'A',
      'a b',
      'x'.repeat(513),
    ];
    for (const key of wrong) {
      await assert.rejects(store.put(key, streamOf(Buffer.from('x'))), TypeError, key);
    }
    assert.deepEqual(await keysOf(store, ''), []);
  },
};
