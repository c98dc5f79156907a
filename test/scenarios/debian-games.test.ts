/**
 * Games from Debian's packages, as a customer plays them: created, asked in their own protocol, told what to do, saved,
 * stopped and deleted through the API; and nothing is left.
 */
// time-limit: 600s
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import { GameDoor } from '../support/game-door.ts';
import type { Accepted, ApiClient, Instance } from '../support/client.ts';
import { ConsoleViewer } from '../support/console.ts';
import { exampleGame } from '../support/guide.ts';
import { folderOf, remains } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { debianHome } from '../support/warm-home.ts';

const packages = await needs.debianPackages();

interface Played {
  readonly platform: TestPlatform;
  readonly client: ApiClient;
  readonly instance: Instance;
  readonly server: GameDoor;
}

let platform: TestPlatform;

test.before(async () => {
  if (packages.value !== undefined) platform = await startWithGuide();
});
/** A host's own game lies in its home: the one of the guide. */
async function startWithGuide(): Promise<TestPlatform> {
  const made = await TestPlatform.make({ from: await debianHome() });
  await mkdir(join(made.home, 'games'), { recursive: true });
  await writeFile(join(made.home, 'games', 'freeciv.json'), exampleGame());
  await made.start();
  return made;
}

test.after(async () => {
  await (platform as TestPlatform | undefined)?.remove();
});

/** Creates a server, plays, stops and deletes it. What `use` answers is called when it has been stopped, with when that was asked for. */
async function play(
  wanted: { readonly game: string; readonly version: string; readonly memoryMiB: number },
  use: (played: Played) => Promise<void | ((asked: number) => Promise<void>)>,
): Promise<void> {
  const client = await platform.admin();
  const body = { kind: 'game', variant: 'debian', name: wanted.game, ...wanted };
  const created = await client.ask<Accepted>('POST', '/api/instances', body);
  const over = await client.untilOver(created.operation.id);
  assert.is(over.state, 'succeeded', JSON.stringify(over.error));
  const instance = await client.until(
    () => client.instance(created.instance.id),
    ({ ready }) => ready,
  );
  const act = async (method: string, path: string) => {
    const { operation } = await client.ask<Accepted>(
      method,
      `/api/instances/${instance.id}${path}`,
    );
    const ended = await client.untilOver(operation.id);
    assert.is(ended.state, 'succeeded', JSON.stringify(ended.error));
  };
  const whenStopped = await use({
    platform,
    client,
    instance,
    server: new GameDoor(client, instance.id),
  });
  const asked = Date.now();
  await act('POST', '/stop');
  const stopped = await client.until(
    () => client.instance(instance.id),
    ({ observed }) => observed === 'stopped',
  );
  assert.is(stopped.ready, false);
  await whenStopped?.(asked);
  await act('POST', '/start');
  await client.until(
    () => client.instance(instance.id),
    ({ ready }) => ready,
  );
  await act('DELETE', '');
  assert.equal(remains(platform.home, instance.id), { folder: false, processes: [] });
}

when(packages)('OpenTTD answers its own query, takes actions and saves', async () => {
  await play({ game: 'openttd', version: '13.0', memoryMiB: 256 }, async (played) => {
    const { client, instance, server } = played;
    assert.equal((await server.status()).players, { online: 0, max: 25 });
    const viewer = await ConsoleViewer.open(client, instance.id);
    await client.ask('POST', `/api/instances/${instance.id}/console/commands`, {
      command: 'save by-hand',
    });
    await viewer.until("Map successfully saved to 'by-hand.sav'");
    viewer.close();
    assert.equal(await server.act('save'), [200, { ok: true, result: { file: 'world.sav' } }]);
    assert.equal(await server.act('players'), [
      200,
      { ok: true, result: { clients: [], players: [] } },
    ]);
    assert.is((await server.act('say', { message: 'hello; quit' }))[0], 200);
    const [status, problem] = await server.act('kick', { client: 77 });
    assert.equal([status, problem['code']], [409, 'AGENT_ACTION_REFUSED']);
    const [refused] = await server.act('say', { message: 'a"b' });
    assert.is(refused, 422);
    assert.is((await client.instance(instance.id)).ready, true, 'nobody broke out of a message');
  });
});

when(packages)('Luanti answers its players and is stopped by a signal', async () => {
  await play(
    { game: 'luanti', version: '5.6.1', memoryMiB: 512 },
    async ({ client, instance, server }) => {
      const answer = await client.request<{ code: string }>(
        'POST',
        `/api/instances/${instance.id}/console/commands`,
        { command: 'help' },
      );
      assert.is(answer.status, 409, 'it takes no commands');
      assert.equal(await server.actions(), []);
      const world = join(folderOf(platform.home, instance.id), 'data/world');
      assert.match(await readFile(join(world, 'map_meta.txt'), 'utf8'), 'mg_name');
      // It saves every few seconds, too: this is the save of its end.
      return async (asked) => {
        const time = join(world, 'env_meta.txt');
        assert.match(await readFile(time, 'utf8'), /game_time = \d+/);
        assert.ok((await stat(time)).mtimeMs >= asked, 'the signal has it save');
      };
    },
  );
});

when(packages)('Teeworlds takes its commands over a connection nobody else can use', async () => {
  await play(
    { game: 'teeworlds', version: '0.7.5', memoryMiB: 128 },
    async ({ client, instance, server }) => {
      assert.equal((await server.status()).players, { online: 0, max: 16 });
      const viewer = await ConsoleViewer.open(client, instance.id);
      await client.ask('POST', `/api/instances/${instance.id}/console/commands`, {
        command: 'say from the API',
      });
      await viewer.until('*** from the API');
      viewer.type('say from the kezz\u007f\u007fyboard\r');
      await viewer.until('*** from the keyboard');
      assert.equal(await server.act('say', { message: 'a; shutdown # b' }), [
        200,
        { ok: true, result: {} },
      ]);
      await viewer.until('*** a; shutdown # b');
      assert.equal(await server.act('players'), [
        200,
        { ok: true, result: { clients: [], players: [] } },
      ]);
      const [status, problem] = await server.act('kick', { client: 3 });
      assert.equal([status, problem['code']], [409, 'AGENT_ACTION_REFUSED']);
      const folder = folderOf(platform.home, instance.id);
      const config = await readFile(join(folder, 'data/autoexec.cfg'), 'utf8');
      const password = /ec_password "([0-9a-f]{30})"/.exec(config)?.[1] ?? 'missing';
      assert.not.match(viewer.text, password);
      assert.not.match(await readFile(join(folder, 'agent.log'), 'utf8'), password);
      viewer.close();
    },
  );
});

when(packages)('the game of the guide is played from one file in the home', async () => {
  const wanted = { game: 'freeciv', version: '3.0.6', memoryMiB: 512 };
  await play(wanted, async ({ instance, server }) => {
    const file = join(folderOf(platform.home, instance.id), 'data/world.sav.xz');
    assert.equal(await server.act('save'), [200, { ok: true, result: { file } }]);
  });
});

test.run();
