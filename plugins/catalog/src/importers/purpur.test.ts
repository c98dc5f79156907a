/** Purpur, from a stand-in for its API (v2) in its published format. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { scaled } from '@zlh/kernel/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importFault, tryImporter } from '../testing/try-importer.ts';
import { noAddresses, startUpstream, type FakeUpstream } from '../testing/upstream.ts';
import { UpstreamClient } from '../upstream/client.ts';
import type { ImporterGround } from './ground.ts';
import { purpurImporter } from './purpur.ts';

const test = suite<{ upstream: FakeUpstream; ground: ImporterGround }>('purpur');
const request = { version: '1.21.4' };
const base = '/v2/purpur/1.21.4';

test.before.each(async (context) => {
  const upstream = await startUpstream();
  const client = new UpstreamClient({
    userAgent: 'test',
    timeoutMs: scaled(5000),
    retryDelayMs: 1,
  });
  const addresses = { ...noAddresses, purpur: upstream.url };
  Object.assign(context, { upstream, ground: { client, addresses, limit: 1_000_000 } });
});
test.after.each(async ({ upstream, ground }) => {
  await ground.client.close();
  await upstream.close();
});

const jar = (build: string) => Buffer.from(`purpur ${build}`);
const md5 = (data: Buffer) => createHash('md5').update(data).digest('hex');

function publish(upstream: FakeUpstream, builds: Readonly<Record<string, string>>): void {
  const all = Object.keys(builds);
  upstream.on(base, {
    project: 'purpur',
    version: '1.21.4',
    builds: { latest: all.at(-1), all },
  });
  for (const [build, result] of Object.entries(builds)) {
    upstream.on(`${base}/${build}`, {
      project: 'purpur',
      version: '1.21.4',
      build,
      result,
      timestamp: 1_745_000_000_000,
      duration: 100_000,
      commits: [],
      md5: result === 'SUCCESS' ? md5(jar(build)) : '',
    });
    upstream.on(`${base}/${build}/download`, jar(build));
  }
}

test('the newest build that did not fail is taken', async ({ upstream, ground }) => {
  publish(upstream, { '998': 'SUCCESS', '2416': 'SUCCESS', '2417': 'FAILURE' });
  await tryImporter(purpurImporter(ground), request, ({ artifact }) => {
    assert.ok(readFileSync(artifact.file).equals(jar('2416')));
    assert.is(artifact.fileName, 'purpur-1.21.4-2416.jar');
    assert.is(
      artifact.origin,
      `Purpur 1.21.4 build 2416 (md5-${md5(jar('2416'))}, no stronger hash is published)`,
    );
  });
});

test('a build can be asked for, a failed one is not offered', async ({ upstream, ground }) => {
  publish(upstream, { '998': 'SUCCESS', '2417': 'FAILURE' });
  const importer = purpurImporter(ground);
  await tryImporter(importer, { ...request, build: '998' }, ({ artifact }) =>
    assert.is(artifact.fileName, 'purpur-1.21.4-998.jar'),
  );
  assert.is(
    await importFault(importer, { ...request, build: '2417' }),
    'CATALOG_NOT_PUBLISHED The Purpur API does not offer Purpur 1.21.4 build 2417.',
  );
});

test('a jar that is not what was published is refused', async ({ upstream, ground }) => {
  publish(upstream, { '2416': 'SUCCESS' });
  upstream.on(`${base}/2416/download`, Buffer.from('purpur 666'));
  assert.match(await importFault(purpurImporter(ground), request), /^CATALOG_HASH_MISMATCH Purpur/);
});

test('its versions are on offer', async ({ upstream, ground }) => {
  upstream.on('/v2/purpur', { project: 'purpur', metadata: {}, versions: ['1.21.3', '1.21.4'] });
  const versions = await purpurImporter(ground).versions!({}, new AbortController().signal);
  assert.equal(versions, ['1.21.3', '1.21.4']);
});

test.run();
