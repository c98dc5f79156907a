/**
 * Mods on a started platform, from a stand-in for Modrinth: what they need comes with them, what is installed is what
 * the game loads, and every change can be taken back.
 */
import { rm } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import type { Accepted, ApiClient, Operation } from '../support/client.ts';
import { ConsoleViewer } from '../support/console.ts';
import { agentOf, killQuietly } from '../support/crash-checks.ts';
import { folderOf } from '../support/leftovers.ts';
import { modded, offerModded } from '../support/loader-game.ts';
import { jarOf, StandInModrinth } from '../support/modrinth.ts';
import { TestPlatform } from '../support/platform.ts';
import { plainHome } from '../support/warm-home.ts';

interface Mod {
  readonly id: string;
  readonly project: string;
  readonly version: string;
  readonly path: string;
  readonly requestedBy: string;
  readonly sha256: string | null;
  readonly update: { readonly version: string } | null;
}
interface Changed {
  readonly operation: Operation;
  readonly restartNeeded: boolean;
}

/** An owner's server, and what is asked of its mods. */
class Server {
  readonly client: ApiClient;
  readonly id: string;

  constructor(client: ApiClient, id: string) {
    this.client = client;
    this.id = id;
  }

  get path(): string {
    return `/api/instances/${this.id}`;
  }

  ask(method: string, path: string, body?: unknown): Promise<Changed> {
    return this.client.ask<Changed>(method, `${this.path}/mods${path}`, body);
  }

  /** Answers its error, null when all went well. */
  async change(method: string, path: string, body?: unknown): Promise<Operation['error']> {
    const { operation } = await this.ask(method, path, body);
    return (await this.client.untilOver(operation.id)).error;
  }

  install(project: string, version?: string): Promise<Operation['error']> {
    return this.change('POST', '', { source: 'modrinth', project, ...(version && { version }) });
  }

  async refused(method: string, path: string, body?: unknown): Promise<[number, unknown]> {
    const answer = await this.client.request(method, `${this.path}/mods${path}`, body);
    return [answer.status, answer.body['code']];
  }

  async mods(): Promise<readonly Mod[]> {
    return (await this.client.ask<{ items: Mod[] }>('GET', `${this.path}/mods`)).items;
  }

  async mod(project: string): Promise<Mod> {
    return (await this.mods()).find((mod) => mod.project === project)!;
  }

  /** What lies in the folder. */
  async folder(): Promise<readonly string[]> {
    const path = `${this.path}/files?path=mods`;
    return (await this.client.ask<{ items: { name: string }[] }>('GET', path)).items.map(
      ({ name }) => name,
    );
  }

  async restart(): Promise<void> {
    const { operation } = await this.client.ask<Accepted>('POST', `${this.path}/restart`);
    assert.is((await this.client.untilOver(operation.id)).state, 'succeeded');
  }
}

let modrinth: StandInModrinth;
let platform: TestPlatform;

test.before(async () => {
  modrinth = await StandInModrinth.open();
  const env = { ZLH_MODS_MODRINTH_URL: modrinth.url, ZLH_HTTP_CHECK_ANSWERS: 'true' };
  platform = await TestPlatform.make({ from: await plainHome(), env });
  await offerModded(platform.home);
  await platform.start();
});
test.after(async () => {
  await platform.remove();
  await modrinth.close();
});

/** A server of its own for each test; what a test publishes, no other one asks for. */
async function newServer(variant = 'loader'): Promise<Server> {
  const client = await platform.admin();
  const wanted = { ...modded, variant, name: 'Modded' };
  const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', wanted);
  assert.is((await client.untilOver(operation.id)).error, null);
  return new Server(client, instance.id);
}

test('what is installed is what the game loads, with all that it needs', async () => {
  const server = await newServer();
  modrinth.publish('library', { id: 'lib1' });
  modrinth.publish('castles', { id: 'cas1', requires: ['library'] });
  const viewer = await ConsoleViewer.open(server.client, server.id);
  const { operation, restartNeeded } = await server.ask('POST', '', {
    source: 'modrinth',
    project: 'castles',
  });
  assert.is((await server.client.untilOver(operation.id)).error, null);
  assert.ok(restartNeeded, 'the server runs on, and is told to be started again');
  assert.equal(await server.folder(), ['castles-cas1.jar', 'library-lib1.jar']);
  assert.is((await server.mod('library')).requestedBy, 'dependency');
  await server.restart();
  await viewer.until('loaded mods/castles-cas1.jar');
  await viewer.until('loaded mods/library-lib1.jar');
  viewer.close();

  modrinth.publish('library', { id: 'lib2' });
  const library = await server.mod('library');
  assert.is(await server.change('PATCH', `/${library.id}`, { update: true }), null);
  assert.equal(await server.folder(), ['castles-cas1.jar', 'library-lib2.jar']);
  assert.is(await server.change('PATCH', `/${library.id}`, { rollBack: true }), null);
  assert.equal(await server.folder(), ['castles-cas1.jar', 'library-lib1.jar']);

  const castles = await server.mod('castles');
  assert.equal(await server.refused('DELETE', `/${library.id}`), [409, 'mods.needed']);
  assert.equal(await server.refused('PATCH', `/${library.id}`, { enabled: false }), [
    409,
    'mods.needed',
  ]);
  assert.is(await server.change('PATCH', `/${castles.id}`, { enabled: false }), null);
  assert.equal(await server.folder(), ['castles-cas1.jar.disabled', 'library-lib1.jar']);
  assert.is(await server.change('DELETE', `/${library.id}?dependents=remove`), null);
  assert.equal(await server.folder(), []);
  assert.equal(await server.mods(), []);
});

test('an update of all leaves what is pinned alone, and a search says what is there', async () => {
  const server = await newServer();
  for (const project of ['gates', 'moats']) modrinth.publish(project, { id: `${project}1` });
  assert.is(await server.install('gates'), null);
  assert.is(await server.install('moats', 'moats1'), null);
  const { id } = await server.mod('moats');
  assert.is(await server.change('PATCH', `/${id}`, { pinned: true }), null);
  for (const project of ['gates', 'moats']) modrinth.publish(project, { id: `${project}2` });
  assert.is(await server.change('POST', '/actions/update'), null);
  assert.equal(await server.folder(), ['gates-gates2.jar', 'moats-moats1.jar']);
  assert.is((await server.mod('moats')).update?.version, 'moats2');
  assert.equal(await server.refused('POST', '/actions/update'), [409, 'mods.up-to-date']);
  const search = `${server.path}/mods/search?query=gate`;
  const { items } = await server.client.ask<{ items: object[] }>('GET', search);
  assert.equal(items, [
    {
      project: 'gates',
      slug: 'gates',
      name: 'The gates',
      description: 'What The gates does.',
      downloads: 1,
      installed: true,
    },
  ]);
});

test('a jar that was uploaded is taken into the set, and comes back when it is lost', async () => {
  const server = await newServer();
  const put = (name: string, content: string | Uint8Array<ArrayBuffer>) =>
    fetch(`${server.client.url}${server.path}/files/content?path=${name}`, {
      method: 'PUT',
      headers: { ...server.client.headers, 'content-type': 'application/octet-stream' },
      body: content,
    });
  await put('no.jar', 'no jar at all');
  await put('own.jar', new Uint8Array(jarOf('homemade', '1.5')));
  const upload = (path: string) => ({ source: 'upload', path });
  assert.equal(await server.refused('POST', '', upload('no.jar')), [422, 'http.invalid']);
  assert.equal(await server.refused('POST', '', upload('none.jar')), [404, 'FILES_NOT_FOUND']);
  assert.is(await server.change('POST', '', upload('own.jar')), null);
  const { project, version } = await server.mod('upload:homemade');
  assert.equal([project, version], ['upload:homemade', '1.5']);
  assert.equal(await server.folder(), ['own.jar']);

  for (const lost of ['mods', 'own.jar'])
    await server.client.ask('DELETE', `${server.path}/files/content?path=${lost}`);
  modrinth.publish('roofs', { id: 'r1' });
  assert.is(await server.install('roofs'), null);
  assert.equal(await server.folder(), ['own.jar', 'roofs-r1.jar']);
});

test('a container that is lost and made anew gets its set back', async () => {
  const server = await newServer();
  modrinth.publish('bridges', { id: 'bri1' });
  modrinth.publish('ropes', { id: 'rop1' });
  assert.is(await server.install('bridges'), null);
  assert.is(await server.install('ropes'), null);
  const ropes = await server.mod('ropes');
  assert.is(await server.change('PATCH', `/${ropes.id}`, { enabled: false }), null);
  const stop = await server.client.ask<Accepted>('POST', `${server.path}/stop`);
  assert.is((await server.client.untilOver(stop.operation.id)).error, null);

  killQuietly(agentOf(platform.home, server.id)!);
  await rm(folderOf(platform.home, server.id), { recursive: true });
  const act = async (action: string) => {
    const { operation } = await server.client.ask<Accepted>('POST', `${server.path}/${action}`);
    return (await server.client.untilOver(operation.id)).error;
  };
  assert.is((await act('start'))?.code, 'INSTANCES_NOT_INSTALLED');
  assert.is(await act('rebuild'), null);
  assert.equal(await server.folder(), ['bridges-bri1.jar', 'ropes-rop1.jar.disabled']);
  const viewer = await ConsoleViewer.open(server.client, server.id);
  await viewer.until('loaded mods/bridges-bri1.jar');
  viewer.close();
});

test('cancelled or failed, a change leaves set and folder as they were', async () => {
  const server = await newServer();
  modrinth.publish('runes', { id: 'run1' });
  modrinth.publish('walls', { id: 'wal1', requires: ['runes'] });
  assert.is(await server.install('runes'), null);
  modrinth.publish('runes', { id: 'run2' });
  const before = await server.mods();
  const { id } = before[0]!;
  const asBefore = async () => {
    const strip = (mods: readonly Mod[]) => mods.map(({ update: _update, ...mod }) => mod);
    assert.equal(strip(await server.mods()), strip(before));
    assert.equal(await server.folder(), ['runes-run1.jar']);
  };

  const gate = Promise.withResolvers<void>();
  modrinth.gate = gate.promise;
  const { operation } = await server.ask('PATCH', `/${id}`, { update: true });
  assert.equal(await server.refused('DELETE', `/${id}`), [409, 'operations.conflict']);
  await server.client.ask('POST', `/api/operations/${operation.id}/cancel`);
  assert.is((await server.client.untilOver(operation.id)).state, 'cancelled');
  gate.resolve();
  modrinth.gate = undefined;
  await asBefore();

  modrinth.wrong.set('walls-wal1.jar', jarOf('walls', 'wal2'));
  assert.is((await server.install('walls'))?.code, 'CATALOG_HASH_MISMATCH');
  await asBefore();

  // The agent itself refuses: its folder leads elsewhere. Nothing of the first change may be left in the way.
  await server.client.ask('DELETE', `${server.path}/files/content?path=mods`);
  const file = `${server.path}/files/content?path=mods`;
  await server.client.ask('PUT', file, 'a file where the folder is to be');
  assert.is((await server.change('PATCH', `/${id}`, { update: true }))?.code, 'AGENT_PATH_UNSAFE');
  await server.client.ask('DELETE', file);
  assert.is(await server.change('PATCH', `/${id}`, { pinned: true }), null);
  assert.equal(await server.folder(), ['runes-run1.jar']);
});

test('a platform killed in the middle of a change brings it to its end when it is back', async () => {
  const server = await newServer();
  modrinth.publish('keeps', { id: 'kee1' });
  const gate = Promise.withResolvers<void>();
  modrinth.gate = gate.promise;
  const { operation } = await server.ask('POST', '', { source: 'modrinth', project: 'keeps' });
  await server.client.until(
    () => server.client.operation(operation.id),
    ({ state }) => state === 'running',
  );
  await platform.kill();
  gate.resolve();
  modrinth.gate = undefined;
  await platform.start();
  server.client.moveTo(platform.url);
  assert.is((await server.client.untilOver(operation.id)).error, null);
  assert.equal(await server.folder(), ['keeps-kee1.jar']);
  assert.match((await server.mod('keeps')).sha256 ?? '', /^[0-9a-f]{64}$/);
});

test('of two changes at once one is done, and what a publisher does not answer is said', async () => {
  const server = await newServer();
  modrinth.publish('doors', { id: 'doo1' });
  modrinth.publish('locks', { id: 'loc1' });
  const answers = await Promise.all(
    ['doors', 'locks', 'doors', 'locks'].map((project) =>
      server.client.request<Changed & { code: string }>('POST', `${server.path}/mods`, {
        source: 'modrinth',
        project,
      }),
    ),
  );
  const begun = answers.filter(({ status }) => status === 202);
  assert.ok(begun.length >= 1, JSON.stringify(answers.map(({ body }) => body.code)));
  for (const { status, body } of answers)
    assert.ok(
      status === 202 || ['operations.conflict', 'mods.already-there'].includes(body.code),
      `${status} ${body.code}`,
    );
  for (const { body } of begun) await server.client.untilOver(body.operation.id);
  assert.is((await server.folder()).length, begun.length);

  const vanilla = await newServer('vanilla');
  assert.equal(await vanilla.refused('GET', ''), [409, 'mods.not-supported']);

  await modrinth.close();
  const wanted = { source: 'modrinth', project: 'keeps' };
  assert.equal(await server.refused('POST', '', wanted), [503, 'mods.upstream-unavailable']);
  const list = `${server.path}/mods`;
  const { updatesKnown } = await server.client.ask<{ updatesKnown: boolean }>('GET', list);
  assert.not(updatesKnown);
});

test.run();
