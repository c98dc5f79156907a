/**
 * For tests of others: a real agent process in a home of its own, a platform that listens to it and
 * serves it artifacts, a game server that needs no download, a viewer that misses no line of a flood, and archives.
 */
export { bind, startTestAgent } from './test-agent.ts';
export type { TestAgent, TestAgentOptions } from './test-agent.ts';
export { startFakePlatform } from './fake-platform.ts';
export type { FakePlatform } from './fake-platform.ts';
export { FloodViewer } from './flood-viewer.ts';
export { fakeServerFile, freePort, testSpec } from './test-spec.ts';
export { asNobody, nobody } from './as-nobody.ts';
export { dressed, tarOf, zipOf, type TarEntry, type ZipEntry } from './archives.ts';
