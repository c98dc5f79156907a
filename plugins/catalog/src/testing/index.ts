/** For authors of importers and of blob stores: stand-ins and contract suites. */
export { testBlobStore, type BlobStoreUnderTest, type DeclareTest } from './blob-store-suite.ts';
export { importFault, tryImporter, type Trial } from './try-importer.ts';
export {
  serveFile,
  startUpstream,
  type FakeUpstream,
  type FileOptions,
  type Handler,
} from './upstream.ts';
export { testUpstreams, type TestUpstreams } from './upstreams.ts';
