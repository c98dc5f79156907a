/**
 * A server that ends where it runs, by a player inside the game or by a start that fails: the platform wants then what
 * its agent wants, and no restart of either starts it again.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentStatus } from '@zlh/agent';
import type { Accepted, ApiClient } from '../support/client.ts';
import { TestPlatform } from '../support/platform.ts';
import { offerShellGame, shellGame } from '../support/shell-game.ts';
import { plainHome } from '../support/warm-home.ts';

async function created(client: ApiClient): Promise<string> {
  const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', {
    ...shellGame,
    name: 'Wanted',
  });
  await client.untilOver(operation.id);
  return instance.id;
}

test('stopped inside the game it is wanted stopped, and a restarted platform leaves it so', async () => {
  const platform = await TestPlatform.make({ from: await plainHome() });
  try {
    await offerShellGame(platform.home);
    await platform.start();
    const client = await platform.admin();
    const id = await created(client);
    assert.is((await client.instance(id)).desired, 'running');
    const say = (command: string) =>
      client.ask('POST', `/api/instances/${id}/console/commands`, { command });
    await say('stop');
    const isStopped = ({ desired, observed }: { desired: string; observed: string }) =>
      desired === 'stopped' && observed === 'stopped';
    await client.until(() => client.instance(id), isStopped);

    assert.is(await platform.stop(), 0);
    await platform.start();
    client.moveTo(platform.url);
    await client.until(() => client.instance(id), isStopped);
    const { state, wanted } = await client.ask<AgentStatus>('GET', `/api/instances/${id}/status`);
    assert.equal([state, wanted], ['stopped', false], 'its agent is there again, and no server');

    const { operation } = await client.ask<Accepted>('POST', `/api/instances/${id}/start`);
    assert.is((await client.untilOver(operation.id)).state, 'succeeded');
    await platform.stop();
    await platform.start();
    client.moveTo(platform.url);
    const again = await client.until(
      () => client.instance(id),
      ({ ready }) => ready,
    );
    assert.is(again.desired, 'running', 'one that runs comes back with the platform');
  } finally {
    await platform.remove();
  }
});

test('a first start that fails leaves nothing that is wanted', async () => {
  const platform = await TestPlatform.make({ from: await plainHome() });
  try {
    await offerShellGame(platform.home, { launch: { command: '/bin/nowhere', args: [] } });
    await platform.start();
    const client = await platform.admin();
    const id = await created(client);
    await client.until(
      () => client.instance(id),
      ({ desired, operation }) => desired === 'stopped' && operation === null,
    );
  } finally {
    await platform.remove();
  }
});

test.run();
