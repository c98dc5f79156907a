/** For plugins that store blobs, and for authors of drivers. */
export { memoryBlobStore, type MemoryBlobStore } from './memory-blob-store.ts';
export { testBlobStore, type BlobStoreFixture, type DeclareTest } from './blob-store-suite.ts';
