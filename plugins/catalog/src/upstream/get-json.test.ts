/** A publisher's document is taken as it was sent, or refused. */
import { scaled } from '@zlh/kernel/testing';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startUpstream } from '../testing/upstream.ts';
import { UpstreamClient } from './client.ts';
import { getJson } from './get-json.ts';

test('a document that is not UTF-8 is refused, and no letter of a name is replaced', async () => {
  const upstream = await startUpstream();
  const timeoutMs = scaled(5_000);
  const client = new UpstreamClient({ userAgent: 'test', timeoutMs, retryDelayMs: 1 });
  upstream.on('/utf8', Buffer.from('{"name":"Schl\u00f6sser"}'));
  upstream.on('/latin1', Buffer.from('{"name":"Schl\u00f6sser"}', 'latin1'));
  const ask = (path: string) =>
    getJson(client, {
      upstream: 'Example API',
      url: `${upstream.url}${path}`,
      what: 'a name',
      schema: Type.Object({ name: Type.String() }),
      signal: new AbortController().signal,
    });
  try {
    assert.equal(await ask('/utf8'), { name: 'Schl\u00f6sser' });
    const refused = await ask('/latin1').catch((error: unknown) => error);
    assert.match(String(refused), 'it is not UTF-8');
  } finally {
    await client.close();
    await upstream.close();
  }
});

test.run();
