/** The local folder keeps what every blob store promises, and says plainly when it cannot be used. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { CodedError } from '@zlh/kernel';
import { testBlobStore } from '../testing/blob-store-suite.ts';
import { LocalFolderBlobStore } from './local-folder.ts';

const folders = new WeakMap<object, string>();

const test = testBlobStore('local folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-store-'));
  const [store, again] = [new LocalFolderBlobStore(folder), new LocalFolderBlobStore(folder)];
  await store.open();
  folders.set(store, folder);
  return { store, again, close: () => rmSync(folder, { recursive: true }) };
});

test('blobs are read-only and lie below two digits of their hash', async ({ store, folder }) => {
  const content = randomBytes(1000);
  const sha256 = createHash('sha256').update(content).digest('hex');
  writeFileSync(join(folder, 'blob'), content);
  await store.put(sha256, join(folder, 'blob'));
  const root = folders.get(store)!;
  assert.is(statSync(join(root, sha256.slice(0, 2), sha256)).mode & 0o777, 0o440);
  assert.equal(readdirSync(folder), [], 'the file was moved, not copied');
});

test('a folder that cannot be made is told with what to do', async ({ folder }) => {
  writeFileSync(join(folder, 'file'), '');
  try {
    await new LocalFolderBlobStore(join(folder, 'file', 'store')).open();
    assert.unreachable();
  } catch (error) {
    const { code, message, hint } = error as CodedError;
    assert.is(code, 'CATALOG_STORE_UNUSABLE');
    assert.match(message, 'ENOTDIR');
    assert.match(hint, '"store"');
  }
});

test.run();
