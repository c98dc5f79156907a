/**
 * Blobs in a folder keep to the contract of every store, over kills, and tell a full disk by its code.
 */
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { testBlobStore } from '@zlh/storage/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { TinyDisk } from '../../../test/support/tiny-disk.ts';
import { LocalBlobStore } from './local-blob-store.ts';

async function newStore(folder = mkdtempSync(join(tmpdir(), 'zlh-storage-'))) {
  const [store, again] = [new LocalBlobStore(folder), new LocalBlobStore(folder)];
  await store.open();
  return { folder, store, again, close: () => rmSync(folder, { recursive: true, force: true }) };
}

testBlobStore(test, newStore);

test('a store removes what a killed process left unfinished, once it is a day old', async () => {
  const { folder, store, close } = await newStore();
  for (const name of ['old', 'young']) writeFileSync(join(folder, 'incoming', name), 'half');
  const old = Date.now() / 1000 - 25 * 3600;
  utimesSync(join(folder, 'incoming', 'old'), old, old);
  await store.open();
  assert.equal(readdirSync(join(folder, 'incoming')), ['young']);
  close();
});

test('a folder that cannot be written is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-storage-'));
  writeFileSync(join(folder, 'file'), '');
  const error = await new LocalBlobStore(join(folder, 'file', 'store'))
    .open()
    .catch((e: unknown) => e);
  assert.is((error as { code: string }).code, 'storage.unusable');
  rmSync(folder, { recursive: true });
});

when(await needs.mounts())('a full disk is named, and keeps no half a blob', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'zlh-storage-'));
  const disk = await TinyDisk.mount(join(parent, 'disk'), 4);
  const store = new LocalBlobStore(disk.folder);
  await store.open();
  const large = Readable.from(
    Array.from({ length: 80 }, () => Buffer.alloc(65_536)),
    { objectMode: false },
  );
  const error = await store.put('large', large).catch((e: unknown) => e);
  assert.is((error as { code: string }).code, 'storage.full');
  assert.equal(readdirSync(join(disk.folder, 'incoming')), []);
  assert.is(await store.put('small', Readable.from([Buffer.from('x')])), 1);
  await disk.unmount();
  rmSync(parent, { recursive: true });
});

test.run();
