/** The service `Upstreams` without a platform, quick to give up. For tests of importers of other plugins. */
import type { Upstreams } from '../index.ts';
import { UpstreamClient } from '../upstream/client.ts';
import { makeUpstreams } from '../upstream/upstreams.ts';

export interface TestUpstreams extends Upstreams {
  close(): Promise<void>;
}

/** `limit`: the largest artifact, in bytes. */
export function testUpstreams(limit = 10_000_000): TestUpstreams {
  const client = new UpstreamClient({ userAgent: 'test', timeoutMs: 5000, retryDelayMs: 1 });
  return { ...makeUpstreams({ client, limit }), close: () => client.close() };
}
