/** The contract of `storage-local`: the store that its plugin provides, for tests of a folder by hand. */
export type { LocalBlobStore } from './local-blob-store.ts';
