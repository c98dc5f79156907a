/** Fabric's loader with its libraries, from a stand-in for the meta service and its Maven repository. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { scaled } from '@zlh/kernel/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importFault, tryImporter } from '../testing/try-importer.ts';
import { noAddresses, startUpstream, type FakeUpstream } from '../testing/upstream.ts';
import { UpstreamClient } from '../upstream/client.ts';
import { fabricImporter } from './fabric.ts';
import type { ImporterGround } from './ground.ts';

const test = suite<{ upstream: FakeUpstream; ground: ImporterGround }>('fabric');
const asm = Buffer.from('asm');
const loader = Buffer.from('fabric loader');
const hashOf = (algorithm: string, data: Buffer) =>
  createHash(algorithm).update(data).digest('hex');
const asmPath = '/maven/org/ow2/asm/asm/9.7.1/asm-9.7.1.jar';
const loaderPath = '/maven/net/fabricmc/fabric-loader/0.16.9/fabric-loader-0.16.9.jar';
const profilePath = '/v2/versions/loader/1.21.4/0.16.9/server/json';

test.before.each(async (context) => {
  const upstream = await startUpstream();
  const client = new UpstreamClient({
    userAgent: 'test',
    timeoutMs: scaled(5000),
    retryDelayMs: 1,
  });
  const addresses = { ...noAddresses, fabric: upstream.url };
  Object.assign(context, { upstream, ground: { client, addresses, limit: 1_000_000 } });
  publish(upstream);
});
test.after.each(async ({ upstream, ground }) => {
  await ground.client.close();
  await upstream.close();
});

function publish(upstream: FakeUpstream): void {
  upstream.on('/v2/versions/loader/1.21.4', [
    {
      loader: {
        separator: '.',
        build: 10,
        maven: 'net.fabricmc:fabric-loader:0.16.10',
        version: '0.16.10',
        stable: false,
      },
      intermediary: {},
      launcherMeta: {},
    },
    {
      loader: {
        separator: '.',
        build: 9,
        maven: 'net.fabricmc:fabric-loader:0.16.9',
        version: '0.16.9',
        stable: true,
      },
      intermediary: {},
      launcherMeta: {},
    },
  ]);
  upstream.on(profilePath, profile(upstream));
  upstream.on(asmPath, asm);
  upstream.on(loaderPath, loader);
  upstream.on(`${loaderPath}.sha256`, Buffer.from(`${hashOf('sha256', loader)}\n`));
}

function profile({ url }: FakeUpstream, changes: object = {}): object {
  return {
    id: 'fabric-loader-0.16.9-1.21.4',
    inheritsFrom: '1.21.4',
    type: 'release',
    mainClass: 'net.fabricmc.loader.impl.launch.knot.KnotServer',
    arguments: { game: [] },
    libraries: [
      {
        name: 'org.ow2.asm:asm:9.7.1',
        url: `${url}/maven/`,
        md5: 'x',
        sha1: hashOf('sha1', asm),
        sha256: hashOf('sha256', asm),
        sha512: hashOf('sha512', asm),
        size: asm.length,
      },
      { name: 'net.fabricmc:fabric-loader:0.16.9', url: `${url}/maven/` },
    ],
    ...changes,
  };
}

async function unpack(file: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const entry of createReadStream(file).pipe(createGunzip()).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files[entry.header.name] = Buffer.concat(chunks).toString();
  }
  return files;
}

test('the newest stable loader comes with all its libraries in one archive', async ({ ground }) => {
  await tryImporter(
    fabricImporter(ground),
    { version: '1.21.4' },
    async ({ artifact, reports }) => {
      assert.equal(await unpack(artifact.file), {
        'asm-9.7.1.jar': 'asm',
        'fabric-loader-0.16.9.jar': 'fabric loader',
      });
      assert.is(artifact.format, 'tar.gz');
      assert.is(artifact.fileName, 'fabric-1.21.4-0.16.9.tar.gz');
      assert.is(reports.at(-1)?.fraction, 1);
    },
  );
});

test('the same request gives the same bytes', async ({ ground }) => {
  const once = () =>
    tryImporter(
      fabricImporter(ground),
      { version: '1.21.4', loader: '0.16.9' },
      async ({ artifact }) => {
        const chunks = (await createReadStream(artifact.file).toArray()) as Buffer[];
        return hashOf('sha256', Buffer.concat(chunks));
      },
    );
  assert.is(await once(), await once());
});

test('a library with another hash than the document says is refused', async ({
  upstream,
  ground,
}) => {
  upstream.on(asmPath, Buffer.from('bad'));
  assert.match(
    await importFault(fabricImporter(ground), { version: '1.21.4' }),
    /^CATALOG_HASH_MISMATCH The library org\.ow2\.asm:asm:9\.7\.1/,
  );
});

test('a library with another hash than the repository publishes is refused', async ({
  upstream,
  ground,
}) => {
  upstream.on(loaderPath, Buffer.from('fabric loafer'));
  assert.match(
    await importFault(fabricImporter(ground), { version: '1.21.4' }),
    /^CATALOG_HASH_MISMATCH The library net\.fabricmc:fabric-loader/,
  );
});

test('a library that nobody vouches for is refused', async ({ upstream, ground }) => {
  upstream.on(`${loaderPath}.sha256`, Buffer.from('<html>'));
  assert.match(
    await importFault(fabricImporter(ground), { version: '1.21.4' }),
    'fabric-loader:0.16.9 is published without a hash',
  );
});

test('coordinates cannot leave the folder of libraries', async ({ upstream, ground }) => {
  upstream.on(
    profilePath,
    profile(upstream, { libraries: [{ name: 'a:../../evil:1', url: `${upstream.url}/maven/` }] }),
  );
  assert.match(
    await importFault(fabricImporter(ground), { version: '1.21.4' }),
    /^CATALOG_UPSTREAM_MALFORMED/,
  );
});

test('a loader that is started another way is refused', async ({ upstream, ground }) => {
  upstream.on(
    profilePath,
    profile(upstream, { mainClass: 'net.fabricmc.loader.launch.knot.KnotServer' }),
  );
  assert.match(
    await importFault(fabricImporter(ground), { version: '1.21.4' }),
    'loader 0.16.9 is too old',
  );
});

test('a version without a loader is said to be not offered', async ({ upstream, ground }) => {
  upstream.on('/v2/versions/loader/1.3', []);
  assert.match(
    await importFault(fabricImporter(ground), { version: '1.3' }),
    /^CATALOG_NOT_PUBLISHED The Fabric meta service does not offer Fabric for Minecraft 1\.3/,
  );
});

test('stable versions are on offer', async ({ upstream, ground }) => {
  upstream.on('/v2/versions/game', [
    { version: '26w01a', stable: false },
    { version: '1.21.4', stable: true },
  ]);
  assert.equal(await fabricImporter(ground).versions!({}, new AbortController().signal), [
    '1.21.4',
  ]);
});

test.run();
