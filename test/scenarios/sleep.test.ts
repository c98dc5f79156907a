/**
 * A server without players goes to sleep and its name says so in the server list. A player who joins by that
 * name wakes it. With the real server and a real player.
 */
// time-limit: 300s
import { serverList } from '@zlh/edge/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { joinAsPlayer, type Player, type PlayerOptions } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import type { Accepted } from '../support/client.ts';
import { TestPlatform } from '../support/platform.ts';
import { game, warmHome } from '../support/warm-home.ts';

interface HowToJoin {
  readonly address: string;
  readonly state: string;
}

/** A login waits while the server starts; on a busy machine it is told to join again. */
async function joined(options: PlayerOptions): Promise<Player> {
  for (;;) {
    try {
      return await joinAsPlayer(options);
    } catch (error) {
      if (!(error as Error).message.includes('Try again in a moment')) throw error;
    }
  }
}

when(await needs.npmRegistry())(
  'a server sleeps when empty, and a player who joins it by name wakes it',
  async (npm) => {
    const platform = await TestPlatform.make({ from: await warmHome() });
    await platform.start();
    try {
      const client = await platform.admin();
      const { instance } = await client.ask<Accepted>('POST', '/api/instances', {
        ...game,
        name: 'Skyblock',
      });
      const path = `/api/instances/${instance.id}`;
      await client.until(
        () => client.instance(instance.id),
        ({ ready }) => ready,
      );
      await client.ask('PUT', `${path}/sleep`, { afterMinutes: 0.05 });
      const join = await client.until(
        () => client.ask<HowToJoin>('GET', `${path}/join`),
        ({ state }) => state === 'asleep',
      );
      const [hostName, edgePort] = join.address.split(':') as [string, string];
      const port = Number(edgePort);
      const { description } = await serverList(port, hostName);
      assert.equal(description, { text: 'Skyblock is asleep. Join to wake it.' });
      assert.is((await client.instance(instance.id)).observed, 'stopped', 'a list wakes nobody');

      const alex = await joined({ npm, port, hostName, version: game.version, username: 'alex' });
      const { observed, desired } = await client.instance(instance.id);
      assert.equal([observed, desired], ['running', 'running']);
      await alex.quit();
    } finally {
      await platform.remove();
    }
  },
);

test.run();
