/** Modrinth, from a stand-in that answers in its published format: what fits, what is newer, and what is not let in. */
import { readFileSync } from 'node:fs';
import { importFault, testUpstreams, tryImporter, type TestUpstreams } from '@zlh/catalog/testing';
import { Problem } from '@zlh/http';
import type { CodedError } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jarOf, StandInModrinth } from '../../../../test/support/modrinth.ts';
import { complete, newMod } from '../set/change-set.ts';
import type { Mod, Release } from '../set/mod.ts';
import { modrinthImporter } from './importer.ts';
import { Modrinth } from './modrinth.ts';

let modrinth: StandInModrinth;
let upstreams: TestUpstreams;

test.before.each(async () => {
  modrinth = await StandInModrinth.open();
  upstreams = testUpstreams();
});
test.after.each(async () => {
  await upstreams.close();
  await modrinth.close();
});

const never = new AbortController().signal;
const client = (version = '1.0', loaders = ['fabric']) =>
  new Modrinth(upstreams, modrinth.url, { kind: 'mod', loaders, version }, never);
const importer = () => modrinthImporter({ upstreams }, () => modrinth.url);

async function releaseOf(project: string, version?: string): Promise<Release> {
  return (await client().find(project, version))!.release;
}

async function modOf(project: string, version?: string): Promise<Mod> {
  const found = (await client().find(project, version))!;
  return newMod(found, { kind: 'mod', source: 'modrinth', requestedBy: 'user' });
}

test('the newest release that fits is found, with what it needs', async () => {
  modrinth.publish('castles', { id: 'c1', requires: ['library'], conflicts: ['slow'] });
  modrinth.publish('castles', { id: 'c2', games: ['2.0'] });
  modrinth.publish('castles', { id: 'c3', loaders: ['forge'] });
  modrinth.publish('castles', { id: 'c4', type: 'beta' });
  const { name, release } = (await client().find('castles'))!;
  assert.is(name, 'The castles');
  assert.is(release.versionId, 'c1');
  assert.equal(release.requires, [{ project: 'library', versionId: null }]);
  assert.equal(release.conflicts, [{ project: 'slow', versionId: null }]);
  assert.is((await client('2.0').find('castles'))!.release.versionId, 'c2');
  assert.is((await releaseOf('castles', 'c4')).channel, 'beta');
  assert.is(await client('3.0').find('castles'), null);
  assert.is(await client().find('castles', 'c3'), null);
});

test('a dependency that its publisher does not offer is refused with the mod that needs it', async () => {
  modrinth.publish('castles', { id: 'c1', requires: ['library@l1'] });
  modrinth.publish('towers', { id: 't1', requires: ['@l1'] });
  const refused = async (project: string) => {
    try {
      const rules = { publisher: client(), kind: 'mod' as const, before: [] };
      await complete([await modOf(project)], rules);
    } catch (error) {
      return error instanceof Problem ? `${error.code} ${error.message}` : String(error);
    }
    return 'accepted';
  };
  assert.is(
    await refused('castles'),
    'mods.dependency-missing "The castles" needs "library", which its publisher does not offer. Choose another version of "The castles".',
  );
  assert.match(await refused('towers'), /^mods.dependency-missing "The towers" needs "l1", which/);
  modrinth.publish('library', { id: 'l1' });
  modrinth.publish('library', { id: 'l2' });
  assert.is(await refused('castles'), 'accepted');
  assert.equal((await releaseOf('towers')).requires, [{ project: 'library', versionId: 'l1' }]);
});

test('a version is found by its number, too, and a beta where there is nothing else', async () => {
  modrinth.publish('castles', { id: 'c1', number: '1.0.0', type: 'beta' });
  modrinth.publish('castles', { id: 'c2', number: '2.0.0', type: 'alpha' });
  assert.is((await releaseOf('castles', '1.0.0')).versionId, 'c1');
  assert.is((await releaseOf('castles')).versionId, 'c2');
});

test('who runs a release is not offered a beta, but the release behind it', async () => {
  modrinth.publish('castles', { id: 'c1' });
  modrinth.publish('towers', { id: 't1', type: 'beta' });
  const mods = [await modOf('castles'), await modOf('towers')];
  assert.is((await client().updates(mods)).size, 0);
  modrinth.publish('castles', { id: 'c2' });
  modrinth.publish('castles', { id: 'c3', type: 'beta' });
  modrinth.publish('towers', { id: 't2', type: 'beta' });
  const updates = await client().updates(mods);
  assert.equal(
    mods.map(({ id }) => updates.get(id)?.versionId),
    ['c2', 't2'],
  );
});

test('a search asks for the loader and the version of the server', async () => {
  modrinth.publish('castles', { id: 'c1' });
  const { hits, total } = await client().search('cast & "le', 20);
  assert.equal([hits.length, total], [0, 0]);
  const asked = new URL(modrinth.asked.at(-1)!, modrinth.url).searchParams;
  assert.is(asked.get('query'), 'cast & "le');
  assert.is(asked.get('offset'), '20');
  const facets = JSON.parse(asked.get('facets')!) as string[][];
  assert.ok(facets.some((each) => each.join() === 'categories:fabric'));
  assert.ok(facets.some((each) => each.join() === 'versions:1.0'));
  assert.equal((await client().search('cast', 0)).hits[0]?.project, 'castles');
});

test('a jar comes in as it was published', async () => {
  modrinth.publish('castles', { id: 'c1', number: '1.0.0' });
  const { request } = await releaseOf('castles');
  await tryImporter(importer(), request, ({ artifact }) => {
    assert.ok(readFileSync(artifact.file).equals(jarOf('castles', '1.0.0')));
    assert.is(artifact.fileName, 'castles-1.0.0.jar');
    assert.match(artifact.origin, /^Modrinth castles 1\.0\.0 \(sha512-[0-9a-f]{128}\)$/);
  });
});

test('a jar that is not what was published is refused: other bytes, more of them, fewer', async () => {
  modrinth.publish('castles', { id: 'c1' });
  const { request } = await releaseOf('castles');
  const bytes = jarOf('castles', 'c1');
  const fault = async (wrong: Buffer) => {
    modrinth.wrong.set('castles-c1.jar', wrong);
    return (await importFault(importer(), request)).split(' ', 1)[0];
  };
  assert.is(await fault(Buffer.from(bytes).fill('x', 40, 41)), 'CATALOG_HASH_MISMATCH');
  assert.is(await fault(Buffer.concat([bytes, bytes])), 'CATALOG_UPSTREAM_MALFORMED');
  assert.is(await fault(bytes.subarray(10)), 'CATALOG_UPSTREAM_UNREACHABLE');
});

test('a wrong SHA-1 is refused, though the SHA-512 is right', async () => {
  modrinth.publish('castles', { id: 'c1' });
  const { request } = await releaseOf('castles');
  modrinth.alter('c1', (file) => ({ ...file, hashes: { ...file.hashes, sha1: '0'.repeat(40) } }));
  assert.match(await importFault(importer(), request), /^MODS_HASH_MISMATCH .*SHA-1/);
});

test('a file that was exchanged at its publisher is not what was chosen', async () => {
  modrinth.publish('castles', { id: 'c1' });
  const { request } = await releaseOf('castles');
  modrinth.alter('c1', (file) => ({
    ...file,
    hashes: { ...file.hashes, sha512: '0'.repeat(128) },
  }));
  assert.match(await importFault(importer(), request), /^MODS_WITHDRAWN/);
});

test('names of files never lead out of the folder', async () => {
  modrinth.publish('castles', { id: 'c1' });
  for (const [filename, safe] of [
    ['../../evil.jar', 'evil.jar'],
    ['.hidden.jar', 'hidden.jar'],
    ['a b\u0000c.jar', 'a_b_c.jar'],
    ['....jar', 'mod.jar'],
    [`${'x'.repeat(300)}.jar`, `${'x'.repeat(100)}.jar`],
  ] as const) {
    modrinth.alter('c1', (file) => ({ ...file, filename }));
    const { fileName } = await releaseOf('castles');
    assert.ok(!fileName.includes('/') && /^[A-Za-z0-9]/.test(fileName), fileName);
    assert.is(fileName, safe);
  }
});

test('a publisher that does not answer, or not sensibly, is named', async () => {
  modrinth.publish('castles', { id: 'c1' });
  const { request } = await releaseOf('castles');
  modrinth.alter('c1', (file) => ({ ...file, size: -1 }));
  const fault = async (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: unknown) => `${(error as CodedError).code} ${(error as CodedError).message}`,
    );
  assert.match(
    await fault(client().find('castles')),
    /^CATALOG_UPSTREAM_MALFORMED The Modrinth API/,
  );
  assert.match(await fault(client().find('no-such')), /^CATALOG_NOT_PUBLISHED The Modrinth API/);
  const unreachable = modrinthImporter({ upstreams }, () => 'http://127.0.0.1:1');
  assert.match(
    await importFault(unreachable, request),
    /^CATALOG_UPSTREAM_UNREACHABLE The Modrinth API could not be reached/,
  );
});

test.run();
