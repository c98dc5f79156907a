/** Java, from a stand-in for Adoptium's API (v3) in its published format. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createGunzip, gzipSync } from 'node:zlib';
import { extract, pack, type Header } from 'tar-stream';
import { scaled } from '@zlh/kernel/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importFault, tryImporter } from '../testing/try-importer.ts';
import { noAddresses, startUpstream, type FakeUpstream } from '../testing/upstream.ts';
import { UpstreamClient } from '../upstream/client.ts';
import { adoptiumImporter } from './adoptium.ts';
import type { ImporterGround } from './ground.ts';

const test = suite<{ upstream: FakeUpstream; ground: ImporterGround }>('adoptium');
const request = { feature: 21, platform: 'linux', arch: 'arm64' };
const assets =
  '/v3/assets/latest/21/hotspot?architecture=aarch64&image_type=jre&os=linux&vendor=eclipse';

test.before.each(async (context) => {
  const upstream = await startUpstream();
  const client = new UpstreamClient({
    userAgent: 'test',
    timeoutMs: scaled(5000),
    retryDelayMs: 1,
  });
  const addresses = { ...noAddresses, adoptium: upstream.url };
  Object.assign(context, { upstream, ground: { client, addresses, limit: 1_000_000 } });
});
test.after.each(async ({ upstream, ground }) => {
  await ground.client.close();
  await upstream.close();
});

type Entry = Partial<Header> & { readonly name: string; readonly content?: string };

async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) {
    if (content === undefined) tar.entry({ ...header, mtime: new Date() });
    else tar.entry({ ...header, mtime: new Date() }, content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

const java = () =>
  archive([
    { name: './jdk-21.0.5+11-jre/', type: 'directory', mode: 0o775 },
    { name: './jdk-21.0.5+11-jre/bin/', type: 'directory', mode: 0o775 },
    { name: './jdk-21.0.5+11-jre/bin/java', mode: 0o4775, content: 'java' },
    { name: './jdk-21.0.5+11-jre/legal/a', mode: 0o644, content: 'terms' },
    { name: './jdk-21.0.5+11-jre/legal/b', type: 'symlink', linkname: '../legal/a' },
    { name: './jdk-21.0.5+11-jre/legal/c', type: 'link', linkname: './jdk-21.0.5+11-jre/legal/a' },
  ]);

function publish(upstream: FakeUpstream, content: Buffer, changes: object = {}): void {
  const name = 'OpenJDK21U-jre_aarch64_linux_hotspot_21.0.5_11.tar.gz';
  upstream.on(`/download/${name}`, content);
  upstream.on(assets, [
    {
      binary: {
        architecture: 'aarch64',
        image_type: 'jre',
        jvm_impl: 'hotspot',
        os: 'linux',
        package: {
          checksum: createHash('sha256').update(content).digest('hex'),
          link: `${upstream.url}/download/${name}`,
          name,
          size: content.length,
          ...changes,
        },
        project: 'jdk',
      },
      release_name: 'jdk-21.0.5+11',
      vendor: 'eclipse',
      version: { major: 21 },
    },
  ]);
}

async function entriesOf(file: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of createReadStream(file).pipe(createGunzip()).pipe(extract())) {
    const { name, type, mode, linkname } = entry.header;
    found.push(
      `${type} ${name} ${mode.toString(8)}${typeof linkname !== 'string' ? '' : ` → ${linkname}`}`,
    );
    entry.resume();
  }
  return found;
}

test('the runtime comes without the folder that names its release', async ({
  upstream,
  ground,
}) => {
  publish(upstream, await java());
  await tryImporter(adoptiumImporter(ground), request, async ({ artifact }) => {
    assert.equal(await entriesOf(artifact.file), [
      'directory bin 755',
      'file bin/java 755',
      'file legal/a 644',
      'symlink legal/b 644 → ../legal/a',
      'link legal/c 644 → legal/a',
    ]);
    assert.is(artifact.format, 'tar.gz');
    assert.match(artifact.origin, /^Adoptium jdk-21\.0\.5\+11 linux\/arm64 jre \(sha256-/);
  });
});

test('the same release gives the same bytes', async ({ upstream, ground }) => {
  publish(upstream, await java());
  const bytes = () =>
    tryImporter(adoptiumImporter(ground), request, ({ artifact }) =>
      readFileSync(artifact.file).toString('base64'),
    );
  assert.is(await bytes(), await bytes());
});

test('an archive with another hash is refused', async ({ upstream, ground }) => {
  publish(upstream, await java(), { checksum: '0'.repeat(64) });
  assert.match(
    await importFault(adoptiumImporter(ground), request),
    /^CATALOG_HASH_MISMATCH Java 21 for linux\/arm64/,
  );
});

test('an archive that is none, or that has entries in other places, is refused', async ({
  upstream,
  ground,
}) => {
  publish(upstream, Buffer.from('not an archive'));
  assert.match(
    await importFault(adoptiumImporter(ground), request),
    'CATALOG_UPSTREAM_MALFORMED The Adoptium API answered in a way that is not understood: Java 21 for linux/arm64 is no sound archive',
  );
  publish(
    upstream,
    await archive([
      { name: 'jre/bin/java', content: 'java' },
      { name: 'other/file', content: '' },
    ]),
  );
  assert.match(
    await importFault(adoptiumImporter(ground), request),
    'has the unexpected entry "other/file"',
  );
  publish(upstream, await archive([{ name: 'jre/../../evil', content: '' }]));
  assert.match(await importFault(adoptiumImporter(ground), request), 'unexpected entry');
});

test('an archive that unpacks to far more than is allowed is refused', async ({
  upstream,
  ground,
}) => {
  publish(upstream, await archive([{ name: 'jre/zeros', content: '0'.repeat(5_000_000) }]));
  assert.match(await importFault(adoptiumImporter(ground), request), /^CATALOG_TOO_LARGE/);
});

test('a processor that Adoptium does not build for is said to be not offered', async ({
  upstream,
  ground,
}) => {
  upstream.on(assets, []);
  assert.match(
    await importFault(adoptiumImporter(ground), request),
    /^CATALOG_NOT_PUBLISHED The Adoptium API does not offer Java 21 for linux\/arm64/,
  );
});

test.run();
