/** A spec that runs the fake game server: installed at once, ready in a moment, stopped by `stop`. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { scaled } from '@zlh/kernel/testing';
import type { InstanceSpec } from '../contract/spec.ts';

/** The script; its first lines tell what it can do. */
export const fakeServerFile = fileURLToPath(new URL('./fake-server.js', import.meta.url));

/** Of {@link testSpec}. */
export const testInstance = '0197a3c2-1111-7222-8333-123456789abc';

/** Any part of the spec may be replaced; `launch.env` steers the fake server. */
export function testSpec(port: number, change: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    instanceId: testInstance,
    revision: 1,
    platformUrl: 'unix:/nowhere/agents.sock',
    kind: 'game',
    game: 'fake',
    variant: 'fake',
    version: '1.0',
    memoryMiB: 256,
    artifacts: [],
    files: [
      { path: 'server.properties', content: 'server-port={port:game}\n', mode: 'properties' },
    ],
    launch: { command: process.execPath, args: [fakeServerFile], env: {} },
    ports: [{ name: 'game', protocol: 'tcp', host: '127.0.0.1', port }],
    probe: {
      kind: 'minecraft.status',
      port: 'game',
      intervalMs: 100,
      timeoutMs: scaled(1_000),
      startupTimeoutMs: scaled(10_000),
      failuresToUnready: 2,
    },
    stop: [
      { command: 'stop', waitMs: scaled(5_000) },
      { signal: 'SIGTERM', waitMs: scaled(1_000) },
    ],
    crash: { backoffInitialMs: 50, backoffMaxMs: 1_000, stableAfterMs: 60_000, maxCrashes: 3 },
    autostart: true,
    user: null,
    ...change,
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
