/**
 * For tests of others: a real agent process in a home of its own, a platform that listens to it and
 * serves it artifacts, a game server that needs no download, and archives.
 */
export { startTestAgent } from './test-agent.ts';
export type { TestAgent, TestAgentOptions } from './test-agent.ts';
export { startFakePlatform } from './fake-platform.ts';
export type { FakePlatform } from './fake-platform.ts';
export { fakeServerFile, freePort, testSpec } from './test-spec.ts';
export { dressed, tarOf, zipOf, type TarEntry, type ZipEntry } from './archives.ts';
