/** Typed actions on a real Minecraft server with a real player on it: each does what it says and tells what it did. */
// time-limit: 300s
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { joinAsPlayer } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import { GameDoor } from '../support/game-door.ts';
import type { Accepted } from '../support/client.ts';
import { ConsoleViewer } from '../support/console.ts';
import { folderOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { game, warmHome } from '../support/warm-home.ts';

const npm = await needs.npmRegistry();

when(npm)('a Minecraft server is steered by actions alone', async (npmPath) => {
  const platform = await TestPlatform.start({ from: await warmHome() });
  try {
    const client = await platform.admin();
    const wanted = { ...game, name: 'Actions' };
    const { instance } = await client.ask<Accepted>('POST', '/api/instances', wanted);
    const { address } = await client.until(
      () => client.instance(instance.id),
      ({ ready }) => ready,
    );
    const server = new GameDoor(client, instance.id);
    const listed = async (file: string) =>
      (
        JSON.parse(
          await readFile(join(folderOf(platform.home, instance.id), 'data', file), 'utf8'),
        ) as { name: string }[]
      ).map(({ name }) => name);
    const done = async (action: string, input?: object) => {
      const [status, body] = await server.act(action, input);
      assert.is(status, 200, `${action}: ${JSON.stringify(body)}`);
      return body['result'] as Record<string, unknown>;
    };
    const refused = async (action: string, input: object) => {
      const [status, body] = await server.act(action, input);
      return [status, body['code'], body['detail']];
    };

    assert.equal(await done('players'), { online: '0', max: '20', players: [] });
    const joining = { npm: npmPath, port: address!.port, version: game.version };
    const alex = await joinAsPlayer({ ...joining, username: 'alex' });
    assert.equal(await done('players'), { online: '1', max: '20', players: ['alex'] });

    await done('say', { message: 'Dinner is ready' });
    await alex.waitForChat('Dinner is ready');
    const viewer = await ConsoleViewer.open(client, instance.id);
    await alex.chat(']: Saved the game');
    await viewer.until(']: Saved the game');
    assert.equal(await done('save'), {});
    // Somebody is still typing.
    viewer.type('say half a');
    await viewer.until('say half a');
    assert.equal(await done('save'), {});
    viewer.type('say a whole line\r');
    await alex.waitForChat('a whole line');

    assert.equal(await done('op', { player: 'alex' }), { player: 'alex' });
    assert.equal(await listed('ops.json'), ['alex']);
    const [status, code, detail] = await refused('op', { player: 'alex' });
    assert.equal([status, code], [409, 'AGENT_ACTION_REFUSED']);
    assert.match(String(detail), 'Nothing changed. The player already is an operator.');
    assert.equal(await done('deop', { player: 'alex' }), { player: 'alex' });
    assert.equal(await listed('ops.json'), []);

    assert.equal(await done('whitelist', { change: 'add', player: 'steve' }), { player: 'steve' });
    assert.equal(await done('whitelist', { change: 'list' }), { players: ['steve'] });
    assert.equal(await done('whitelist', { change: 'on' }), {});
    assert.is((await refused('whitelist', { change: 'add', player: 'steve' }))[0], 409);
    assert.is((await refused('whitelist', { change: 'add' }))[0], 409);
    await done('whitelist', { change: 'off' });
    await done('whitelist', { change: 'remove', player: 'steve' });

    assert.is((await refused('kick', { player: 'nobody' }))[0], 409);
    assert.is((await refused('kick', { player: 'alex; stop' }))[0], 422);
    assert.equal(await done('kick', { player: 'alex', reason: 'Time for bed' }), {
      player: 'alex',
    });
    await alex.closed;
    assert.equal(await done('ban', { player: 'alex' }), { player: 'alex' });
    assert.equal(await listed('banned-players.json'), ['alex']);
    const kept = await joinAsPlayer({ ...joining, username: 'alex' }).then(
      () => 'let in',
      (error: unknown) => String(error),
    );
    assert.not.equal(kept, 'let in');
    assert.equal(await done('unban', { player: 'alex' }), { player: 'alex' });

    assert.equal(await done('stop'), {});
    await client.until(
      () => client.instance(instance.id),
      ({ observed }) => observed === 'stopped',
    );
    viewer.close();
  } finally {
    await platform.remove();
  }
});

test.run();
