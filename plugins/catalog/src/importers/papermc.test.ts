/** Paper, from a stand-in for PaperMC's downloads service (v3) in its published format. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { scaled } from '@zlh/kernel/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importFault, tryImporter } from '../testing/try-importer.ts';
import { noAddresses, startUpstream, type FakeUpstream } from '../testing/upstream.ts';
import { UpstreamClient } from '../upstream/client.ts';
import type { ImporterGround } from './ground.ts';
import { papermcImporter } from './papermc.ts';

const test = suite<{ upstream: FakeUpstream; ground: ImporterGround }>('papermc');
const request = { project: 'paper', version: '1.21.4' };
const builds = '/v3/projects/paper/versions/1.21.4/builds';

test.before.each(async (context) => {
  const upstream = await startUpstream();
  const client = new UpstreamClient({
    userAgent: 'ZeroLagHub/0 (test)',
    timeoutMs: scaled(5000),
    retryDelayMs: 1,
  });
  const addresses = { ...noAddresses, papermc: upstream.url };
  Object.assign(context, { upstream, ground: { client, addresses, limit: 1_000_000 } });
});
test.after.each(async ({ upstream, ground }) => {
  await ground.client.close();
  await upstream.close();
});

const jar = (build: number) => Buffer.from(`paper ${build}`);
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

/** A build as the service describes it; its jar is published as well. */
function build(upstream: FakeUpstream, id: number, channel: string) {
  const name = `paper-1.21.4-${id}.jar`;
  upstream.on(`/v1/objects/${name}`, jar(id));
  const file = {
    name,
    checksums: { sha256: sha256(jar(id)) },
    size: jar(id).length,
    url: `${upstream.url}/v1/objects/${name}`,
  };
  return {
    id,
    time: '2025-06-08T21:04:05.000Z',
    channel,
    commits: [],
    downloads: { 'server:default': file },
  };
}

test('the newest stable build is taken, though later ones exist', async ({ upstream, ground }) => {
  upstream.on(builds, [
    build(upstream, 233, 'BETA'),
    build(upstream, 232, 'STABLE'),
    build(upstream, 231, 'STABLE'),
  ]);
  await tryImporter(papermcImporter(ground), request, ({ artifact }) => {
    assert.ok(readFileSync(artifact.file).equals(jar(232)));
    assert.is(artifact.fileName, 'paper-1.21.4-232.jar');
    assert.is(
      artifact.origin,
      `PaperMC paper 1.21.4 build 232 stable (sha256-${sha256(jar(232))})`,
    );
  });
});

test('without a stable build the newest one is taken', async ({ upstream, ground }) => {
  upstream.on(builds, [build(upstream, 3, 'ALPHA'), build(upstream, 2, 'ALPHA')]);
  await tryImporter(papermcImporter(ground), request, ({ artifact }) =>
    assert.is(artifact.fileName, 'paper-1.21.4-3.jar'),
  );
});

test('a build can be asked for by its number', async ({ upstream, ground }) => {
  upstream.on(builds, [build(upstream, 232, 'STABLE'), build(upstream, 231, 'STABLE')]);
  await tryImporter(papermcImporter(ground), { ...request, build: 231 }, ({ artifact }) =>
    assert.is(artifact.fileName, 'paper-1.21.4-231.jar'),
  );
  assert.is(
    await importFault(papermcImporter(ground), { ...request, build: 7 }),
    'CATALOG_NOT_PUBLISHED The PaperMC API does not offer paper 1.21.4 build 7.',
  );
});

test('the client names itself, as PaperMC asks', async ({ upstream, ground }) => {
  let agent: string | undefined;
  upstream.on(builds, (incoming, response) => {
    agent = incoming.headers['user-agent'];
    response.end('[]');
  });
  assert.match(await importFault(papermcImporter(ground), request), 'CATALOG_NOT_PUBLISHED');
  assert.is(agent, 'ZeroLagHub/0 (test)');
});

test('a version that PaperMC does not have is said to be not offered', async ({ ground }) => {
  assert.is(
    await importFault(papermcImporter(ground), request),
    'CATALOG_NOT_PUBLISHED The PaperMC API does not offer paper 1.21.4.',
  );
});

test('a jar with another hash is refused', async ({ upstream, ground }) => {
  upstream.on(builds, [build(upstream, 232, 'STABLE')]);
  upstream.on('/v1/objects/paper-1.21.4-232.jar', Buffer.from('paper 666'));
  assert.match(
    await importFault(papermcImporter(ground), request),
    /^CATALOG_HASH_MISMATCH paper 1\.21\.4 build 232 does not match/,
  );
});

test('releases of all groups are on offer, pre-releases are not', async ({ upstream, ground }) => {
  upstream.on('/v3/projects/paper', {
    project: { id: 'paper', name: 'Paper' },
    versions: { '26.1': ['26.1.2', '26.1'], '1.21': ['1.21.11', '1.21.11-rc1', '1.21.9-pre2'] },
  });
  const versions = await papermcImporter(ground).versions!(
    { project: 'paper' },
    new AbortController().signal,
  );
  assert.equal(versions, ['26.1.2', '26.1', '1.21.11']);
});

test.run();
