/** Forge's and NeoForge's installers, from stand-ins for their Maven repositories in the published format. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { scaled } from '@zlh/kernel/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importFault, tryImporter } from '../testing/try-importer.ts';
import { noAddresses, startUpstream, type FakeUpstream } from '../testing/upstream.ts';
import { UpstreamClient } from '../upstream/client.ts';
import type { ImporterGround } from './ground.ts';
import { forgeImporter, neoforgeImporter } from './installers.ts';

const test = suite<{ upstream: FakeUpstream; ground: ImporterGround }>('installers');
const forge = '/net/minecraftforge/forge';
const neoforge = '/net/neoforged/neoforge';

test.before.each(async (context) => {
  const upstream = await startUpstream();
  const client = new UpstreamClient({
    userAgent: 'test',
    timeoutMs: scaled(5000),
    retryDelayMs: 1,
  });
  const addresses = { ...noAddresses, forge: upstream.url, neoforge: upstream.url };
  Object.assign(context, { upstream, ground: { client, addresses, limit: 1_000_000 } });
});
test.after.each(async ({ upstream, ground }) => {
  await ground.client.close();
  await upstream.close();
});

function publish(upstream: FakeUpstream, folder: string, versions: readonly string[]): void {
  const list = versions.map((version) => `      <version>${version}</version>`).join('\n');
  upstream.on(
    `${folder}/maven-metadata.xml`,
    Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?>\n<metadata>\n  <versioning>\n    <release>x</release>\n    <versions>\n${list}\n    </versions>\n  </versioning>\n</metadata>\n`,
    ),
  );
}

function publishJar(upstream: FakeUpstream, path: string, algorithm: 'sha1' | 'sha256'): string {
  const jar = Buffer.from(`installer ${path}`);
  const hash = createHash(algorithm).update(jar).digest('hex');
  upstream.on(path, jar);
  upstream.on(`${path}.${algorithm}`, Buffer.from(`${hash}\n`));
  return hash;
}

test('the newest Forge for a version of Minecraft is taken', async ({ upstream, ground }) => {
  publish(upstream, forge, ['1.20.1-47.10.0', '1.20.1-47.2.0', '1.20.10-99.0.0', '1.21-51.0.1']);
  const path = `${forge}/1.20.1-47.10.0/forge-1.20.1-47.10.0-installer.jar`;
  const hash = publishJar(upstream, path, 'sha256');
  await tryImporter(forgeImporter(ground), { version: '1.20.1' }, ({ artifact }) => {
    assert.is(readFileSync(artifact.file, 'utf8'), `installer ${path}`);
    assert.is(artifact.format, 'file');
    assert.is(artifact.fileName, 'forge-1.20.1-47.10.0-installer.jar');
    assert.is(artifact.origin, `Forge 1.20.1-47.10.0 installer (sha256-${hash})`);
  });
});

test('NeoForge counts as Minecraft does, and a beta is the last choice', async (context) => {
  const { upstream, ground } = context;
  publish(upstream, neoforge, ['21.1.9', '21.1.77', '21.1.80-beta', '21.0.5-beta', '26.1.2.3']);
  const taken = async (version: string, build: string) => {
    publishJar(upstream, `${neoforge}/${build}/neoforge-${build}-installer.jar`, 'sha1');
    return tryImporter(neoforgeImporter(ground), { version }, ({ artifact }) => artifact.fileName);
  };
  assert.is(await taken('1.21.1', '21.1.77'), 'neoforge-21.1.77-installer.jar');
  assert.is(await taken('1.21', '21.0.5-beta'), 'neoforge-21.0.5-beta-installer.jar');
  assert.is(await taken('26.1.2', '26.1.2.3'), 'neoforge-26.1.2.3-installer.jar');
});

test('an installer with another hash, or with none, is refused', async ({ upstream, ground }) => {
  publish(upstream, forge, ['1.20.1-47.2.0']);
  const path = `${forge}/1.20.1-47.2.0/forge-1.20.1-47.2.0-installer.jar`;
  upstream.on(path, Buffer.from('evil'));
  const importer = forgeImporter(ground);
  assert.is(
    await importFault(importer, { version: '1.20.1' }),
    'CATALOG_UPSTREAM_MALFORMED The Forge repository answered in a way that is not understood: Forge 1.20.1-47.2.0 is published without a hash.',
  );
  publishJar(upstream, path, 'sha1');
  upstream.on(path, Buffer.from('evil'));
  assert.match(await importFault(importer, { version: '1.20.1' }), 'CATALOG_HASH_MISMATCH');
});

test('a version nobody has built for is said to be not offered', async ({ upstream, ground }) => {
  publish(upstream, forge, ['1.20.1-47.2.0']);
  assert.is(
    await importFault(forgeImporter(ground), { version: '1.2.3' }),
    'CATALOG_NOT_PUBLISHED The Forge repository does not offer Forge for Minecraft 1.2.3.',
  );
});

test('the versions of Minecraft they exist for are on offer', async ({ upstream, ground }) => {
  const { signal } = new AbortController();
  publish(upstream, forge, ['1.20.1-47.2.0', '1.20.1-47.1.0', '1.7.10-10.13.4.1614-1.7.10']);
  assert.equal(await forgeImporter(ground).versions!({}, signal), ['1.20.1', '1.7.10']);
  publish(upstream, neoforge, ['20.2.88', '21.0.1-beta', '26.1.0.3', '0.25w14craftmine.5-beta']);
  assert.equal(await neoforgeImporter(ground).versions!({}, signal), ['1.20.2', '1.21', '26.1']);
});

test.run();
