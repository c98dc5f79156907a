/** Any file by its hash. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { scaled } from '@zlh/kernel/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importFault, tryImporter } from '../testing/try-importer.ts';
import { noAddresses, startUpstream, type FakeUpstream } from '../testing/upstream.ts';
import { UpstreamClient } from '../upstream/client.ts';
import type { ImporterGround } from './ground.ts';
import { urlImporter } from './url.ts';

const test = suite<{ upstream: FakeUpstream; ground: ImporterGround }>('url');
const content = Buffer.from('a map');
const hash = (algorithm: string) => createHash(algorithm).update(content).digest('hex');

test.before.each(async (context) => {
  const upstream = await startUpstream();
  upstream.on('/maps/island.zip?v=2', content);
  const client = new UpstreamClient({
    userAgent: 'test',
    timeoutMs: scaled(5000),
    retryDelayMs: 1,
  });
  const addresses = noAddresses;
  Object.assign(context, { upstream, ground: { client, addresses, limit: 1000 } });
});
test.after.each(async ({ upstream, ground }) => {
  await ground.client.close();
  await upstream.close();
});

test('a file is taken by any of three hashes', async ({ upstream, ground }) => {
  const url = `${upstream.url}/maps/island.zip?v=2`;
  for (const algorithm of ['sha1', 'sha256', 'sha512']) {
    const request = { url, format: 'zip', [algorithm]: hash(algorithm).toUpperCase() };
    await tryImporter(urlImporter(ground), request, ({ artifact }) => {
      assert.ok(readFileSync(artifact.file).equals(content));
      assert.is(artifact.fileName, 'island.zip');
      assert.is(artifact.format, 'zip');
      assert.is(artifact.origin, `URL island.zip (${algorithm}-${hash(algorithm)})`);
    });
  }
});

test('without a hash, or with the wrong one, nothing is taken', async ({ upstream, ground }) => {
  const url = `${upstream.url}/maps/island.zip?v=2`;
  assert.match(
    await importFault(urlImporter(ground), { url }),
    /^CATALOG_IMPORT_REQUEST .* a hash is needed/,
  );
  assert.match(
    await importFault(urlImporter(ground), { url, sha256: '0'.repeat(64) }),
    /^CATALOG_HASH_MISMATCH The file "island\.zip"/,
  );
  assert.match(
    await importFault(urlImporter(ground), { url: 'file:///etc/passwd', sha256: hash('sha256') }),
    'CATALOG_IMPORT_REQUEST',
  );
});

test.run();
