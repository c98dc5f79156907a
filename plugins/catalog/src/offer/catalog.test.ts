/** What is on offer: the templates' versions, and those that upstreams published since. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Database } from '@zlh/database';
import { addressOf } from '@zlh/database/testing';
import type { Problem } from '@zlh/http';
import type { TestKernel } from '@zlh/kernel/testing';
import { Catalog } from '../index.ts';
import { startKernel } from '../test/kernel.ts';
import { startUpstream, type FakeUpstream } from '../testing/upstream.ts';
import { sourceKey } from '../store/source-key.ts';
import type { TemplateCatalog } from './catalog.ts';

interface Context {
  home: string;
  upstream: FakeUpstream;
  kernel: TestKernel;
  catalog: TemplateCatalog;
  /** Starts a further process of the same platform. */
  another(): Promise<TestKernel>;
}
const test = suite<Context>('catalog');

test.before(async (context) => {
  const home = mkdtempSync(join(tmpdir(), 'zlh-catalog-'));
  const upstream = await startUpstream();
  const { url } = upstream;
  mkdirSync(join(home, 'games'));
  writeFileSync(join(home, 'games', 'broken.json'), '{');

  const catalog = {
    refreshHours: 1,
    mojangUrl: url,
    papermcUrl: url,
    fabricUrl: url,
    purpurUrl: url,
    forgeUrl: url,
    neoforgeUrl: url,
    adoptiumUrl: url,
  };
  upstream.on('/v3/projects/paper', {
    versions: { '26.1': ['26.1.3', '26.1.3-rc1'], '1.7': ['1.7.10'] },
  });
  upstream.on('/v2/versions/game', { surprise: true });
  const { kernel } = await startKernel({ home, config: { catalog } });
  const database = addressOf(kernel);
  const another = async () =>
    (await startKernel({ home, database, config: { catalog, database: { url: database } } }))
      .kernel;
  Object.assign(context, { home, upstream, kernel, another, catalog: kernel.use(Catalog) });
  // The platform asks in the background from its start; here it is waited for.
  while (!(await asked(kernel)).join().startsWith('due in 30 min, 0 versions,due in 30 min'))
    await delay(10);
});
test.after(async ({ kernel, upstream, home }) => {
  await kernel.stop();
  await upstream.close();
  rmSync(home, { recursive: true });
});

/** Those of the upstreams that are played here. */
const keys = [
  sourceKey('papermc', { project: 'paper' }),
  sourceKey('mojang', {}),
  sourceKey('fabric', {}),
];

/** When each of them is asked again, and how many versions it had. */
async function asked(kernel: TestKernel): Promise<string[]> {
  const rows = await kernel
    .use(Database)
    .fork()
    .getConnection()
    .execute<{ due: number; found: number }[]>(
      `select round(extract(epoch from asked_at + interval '1 hour' - now()) / 60)::int as due, jsonb_array_length(versions) as found
         from catalog_versions where key in (?, ?, ?) order by due`,
      keys,
    );
  return rows.map(({ due, found }) => `due in ${due} min, ${found} versions`);
}

async function versionsOf({ catalog }: Context, id: string): Promise<readonly string[]> {
  const { games } = await catalog.offer();
  const variant = games[0]!.variants.find((each) => each.id === id)!;
  return variant.versions.map((version) => version.id);
}

async function faultOf(promise: Promise<unknown>): Promise<Problem> {
  try {
    await promise;
  } catch (error) {
    return error as Problem;
  }
  throw new Error('it succeeded');
}

test('a faulty file of a host keeps nothing else from being offered', async ({ catalog }) => {
  const { games } = await catalog.offer();
  assert.equal(
    games.map(({ id }) => id),
    ['minecraft', 'luanti', 'openttd', 'teeworlds'],
  );
});

test('new releases of an upstream are on offer, in their place and within the range', async (context) => {
  const versions = await versionsOf(context, 'paper');
  assert.equal(versions.slice(0, 4), ['26.2', '26.1.3', '26.1.2', '1.21.11']);
  assert.not(versions.includes('26.1.3-rc1'));
  assert.not(versions.includes('1.7.10'));
});

test("an upstream that answers nonsense, or not at all, leaves the template's own list", async (context) => {
  for (const id of ['fabric', 'vanilla']) assert.is((await versionsOf(context, id))[0], '26.2');
});

test('an upstream is asked again only when it is due, by one process of all', async ({
  upstream,
  another,
  catalog,
}) => {
  const questions = () => upstream.asked.filter((path) => path === '/v3/projects/paper').length;
  const before = questions();
  const second = await another();
  try {
    const refreshes = [catalog, second.use(Catalog) as TemplateCatalog].map((each) =>
      each.refresh(new AbortController().signal),
    );
    await Promise.all(refreshes);
    assert.is(questions(), before);
  } finally {
    await second.stop();
  }
});

test('an upstream that failed is asked again soon', async ({ kernel }) => {
  assert.equal(await asked(kernel), [
    'due in 30 min, 0 versions',
    'due in 30 min, 0 versions',
    'due in 60 min, 2 versions',
  ]);
});

test('a version that an upstream published can be chosen', async ({ catalog }) => {
  const { artifacts, version } = await catalog.blueprint({
    game: 'minecraft',
    variant: 'paper',
    version: '26.1.3',
  });
  assert.is(version, '26.1.3');
  assert.is(artifacts[0]?.request['feature'], 25);
});

test('a choice that is not on offer is refused at its member, with what there is', async ({
  catalog,
}) => {
  const choice = { game: 'minecraft', variant: 'flying-squid', version: '1.21.4' };
  const faults: [object, string, RegExp][] = [
    [
      { game: 'chess' },
      '/game',
      /^"chess" is not on offer; there are minecraft, luanti, openttd, teeworlds$/,
    ],
    [
      { variant: 'spigot' },
      '/variant',
      /^"spigot" is not on offer; there are paper, purpur, vanilla, fabric, forge and more$/,
    ],
    [{ version: '0.1' }, '/version', /^"0\.1" is not on offer; there are /],
    [{ version: '__proto__' }, '/version', /is not on offer/],
  ];
  for (const [change, path, message] of faults) {
    const { status, members } = await faultOf(catalog.blueprint({ ...choice, ...change }));
    assert.is(status, 422);
    const [fault] = members['errors'] as { path: string; message: string }[];
    assert.is(fault!.path, path);
    assert.match(fault!.message, message);
  }
});

test.run();
