/** The store for tests is a store like any other. */
import { test } from 'uvu';
import { testBlobStore } from './blob-store-suite.ts';
import { memoryBlobStore } from './memory-blob-store.ts';

testBlobStore(test, async () => {
  const store = memoryBlobStore();
  return { store, again: store, close: () => undefined };
});

test.run();
