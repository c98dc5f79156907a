/**
 * Mods on a started platform, from a stand-in for Modrinth: what they need comes with them, what is installed is what
 * the game loads, and every change can be taken back.
 */
// time-limit: 300s
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import type { Accepted, ApiClient, Operation } from '../support/client.ts';
import { ConsoleViewer } from '../support/console.ts';
import { modded, offerModded } from '../support/loader-game.ts';
import { StandInModrinth } from '../support/modrinth.ts';
import { TestPlatform } from '../support/platform.ts';

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

async function withServer(
  run: (server: Server, modrinth: StandInModrinth, platform: TestPlatform) => Promise<void>,
): Promise<void> {
  const modrinth = await StandInModrinth.open();
  const env = { ZLH_MODS_MODRINTH_URL: modrinth.url, ZLH_HTTP_CHECK_ANSWERS: 'true' };
  const platform = await TestPlatform.make({ env });
  try {
    await offerModded(platform.home);
    await platform.start();
    const client = await platform.admin();
    const made = await client.ask<Accepted>('POST', '/api/instances', {
      ...modded,
      name: 'Modded',
    });
    assert.is((await client.untilOver(made.operation.id)).error, null);
    await run(new Server(client, made.instance.id), modrinth, platform);
  } finally {
    await platform.remove();
    await modrinth.close();
  }
}

test('what is installed is what the game loads, with all that it needs', () =>
  withServer(async (server, modrinth) => {
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
  }));

test.run();
