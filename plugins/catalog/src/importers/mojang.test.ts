/** Minecraft's server, from a stand-in for Mojang's service in its published format. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { scaled } from '@zlh/kernel/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importFault, tryImporter } from '../testing/try-importer.ts';
import { noAddresses, startUpstream, type FakeUpstream } from '../testing/upstream.ts';
import { UpstreamClient } from '../upstream/client.ts';
import type { ImporterGround } from './ground.ts';
import { mojangImporter } from './mojang.ts';

const test = suite<{ upstream: FakeUpstream; ground: ImporterGround }>('mojang');
const jar = Buffer.from('a server jar');
const sha1 = (data: Buffer | string) => createHash('sha1').update(data).digest('hex');

test.before.each(async (context) => {
  const upstream = await startUpstream();
  const client = new UpstreamClient({
    userAgent: 'test',
    timeoutMs: scaled(5000),
    retryDelayMs: 1,
  });
  const addresses = { ...noAddresses, mojang: upstream.url };
  Object.assign(context, { upstream, ground: { client, addresses, limit: 1_000_000 } });
});
test.after.each(async ({ upstream, ground }) => {
  await ground.client.close();
  await upstream.close();
});

/** Publishes 1.21.4 as Mojang does; `changes` are made to the version's document, `listed` to its entry in the manifest. */
function publish(
  { upstream }: { upstream: FakeUpstream },
  changes: object = {},
  listed: object = {},
): void {
  const document = {
    id: '1.21.4',
    type: 'release',
    javaVersion: { component: 'java-runtime-delta', majorVersion: 21 },
    downloads: {
      client: {},
      server: { sha1: sha1(jar), size: jar.length, url: `${upstream.url}/v1/objects/server.jar` },
    },
    ...changes,
  };
  const text = JSON.stringify(document);
  upstream.on('/v1/packages/1.21.4.json', Buffer.from(text));
  upstream.on('/v1/objects/server.jar', jar);
  upstream.on('/mc/game/version_manifest_v2.json', {
    latest: { release: '1.21.4', snapshot: '25w03a' },
    versions: [
      {
        id: '25w03a',
        type: 'snapshot',
        url: `${upstream.url}/x.json`,
        sha1: sha1(''),
        time: '',
        releaseTime: '',
        complianceLevel: 1,
      },
      {
        id: '1.21.4',
        type: 'release',
        url: `${upstream.url}/v1/packages/1.21.4.json`,
        sha1: sha1(text),
        time: '',
        releaseTime: '',
        complianceLevel: 1,
        ...listed,
      },
    ],
  });
}

test('a version is found in the manifest, described by its document and downloaded', async (context) => {
  publish(context);
  await tryImporter(
    mojangImporter(context.ground),
    { version: '1.21.4' },
    ({ artifact, reports }) => {
      assert.ok(readFileSync(artifact.file).equals(jar));
      assert.is(artifact.format, 'file');
      assert.is(artifact.fileName, 'minecraft-server-1.21.4.jar');
      assert.is(artifact.origin, `Mojang minecraft 1.21.4 (sha1-${sha1(jar)})`);
      assert.is(reports.at(-1)?.fraction, 1);
    },
  );
});

test('only releases are on offer', async (context) => {
  publish(context);
  const versions = await mojangImporter(context.ground).versions!({}, new AbortController().signal);
  assert.equal(versions, ['1.21.4']);
});

test('a document that is not the one in the manifest is refused', async (context) => {
  publish(context, {}, { sha1: sha1('another document') });
  assert.match(
    await importFault(mojangImporter(context.ground), { version: '1.21.4' }),
    /^CATALOG_HASH_MISMATCH The Mojang version service's description/,
  );
});

test('a jar that is not the one in the document is refused', async (context) => {
  publish(context);
  context.upstream.on('/v1/objects/server.jar', Buffer.from('a server jay'));
  assert.match(
    await importFault(mojangImporter(context.ground), { version: '1.21.4' }),
    /^CATALOG_HASH_MISMATCH The Minecraft 1\.21\.4 server does not match/,
  );
});

test('versions without a server, and versions that do not exist, are said to be not offered', async (context) => {
  publish(context, { downloads: { client: {} } });
  const importer = mojangImporter(context.ground);
  const expected = /^CATALOG_NOT_PUBLISHED The Mojang version service does not offer the Minecraft/;
  assert.match(await importFault(importer, { version: '1.21.4' }), expected);
  assert.match(await importFault(importer, { version: '9.9.9' }), expected);
});

test('an answer that is no manifest is told as such', async (context) => {
  const importer = mojangImporter(context.ground);
  const path = '/mc/game/version_manifest_v2.json';
  for (const answer of [
    Buffer.from('<html>Sign in to this network</html>'),
    Buffer.from('{"versions": [{"id": 7}]}'),
    Buffer.from('null'),
  ]) {
    context.upstream.on(path, answer);
    assert.match(
      await importFault(importer, { version: '1.21.4' }),
      /^CATALOG_UPSTREAM_MALFORMED The Mojang version service answered/,
    );
  }
  context.upstream.on(path, Buffer.alloc(33 * 2 ** 20, ' '));
  assert.match(await importFault(importer, { version: '1.21.4' }), /^CATALOG_TOO_LARGE/);
});

test('a wrong request is told with its place', async (context) => {
  const fault = await importFault(mojangImporter(context.ground), { version: '../../etc' });
  assert.match(fault, /^CATALOG_IMPORT_REQUEST .*"mojang" is wrong at "\/version"/);
});

test.run();
