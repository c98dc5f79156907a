/** The local folder keeps what every blob store promises, and says plainly when it cannot be used. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CodedError } from '@zlh/kernel';
import { testBlobStore } from '../testing/blob-store-suite.ts';
import { LocalFolderBlobStore } from './local-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'zlh-store-'));
test.after(() => rmSync(root, { recursive: true }));

let stores = 0;

async function newStore() {
  const folder = join(root, `store-${stores++}`);
  const [store, again] = [new LocalFolderBlobStore(folder), new LocalFolderBlobStore(folder)];
  await store.open();
  return { folder, store, again, close: () => {} };
}

testBlobStore(test, newStore);

test('blobs are read-only and lie below two digits of their hash', async () => {
  const { store, folder } = await newStore();
  const content = randomBytes(1000);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = join(root, 'blob');
  writeFileSync(file, content);
  await store.put(sha256, file);
  assert.is(statSync(join(folder, sha256.slice(0, 2), sha256)).mode & 0o777, 0o440);
  assert.not(readdirSync(root).includes('blob'), 'the file was moved, not copied');
});

test('a folder that cannot be made is told with what to do', async () => {
  writeFileSync(join(root, 'file'), '');
  try {
    await new LocalFolderBlobStore(join(root, 'file', 'store')).open();
    assert.unreachable();
  } catch (error) {
    const { code, message, hint } = error as CodedError;
    assert.is(code, 'CATALOG_STORE_UNUSABLE');
    assert.match(message, 'ENOTDIR');
    assert.match(hint, '"store"');
  }
});

test.run();
