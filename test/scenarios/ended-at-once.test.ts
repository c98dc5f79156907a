// time-limit: 300s
/**
 * A server that is killed, stopped or deleted right after another request, with real agents. Nothing runs in
 * the end, and nothing else is shown. And one that is ready and ends at once by itself.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { randomFrom, testSeed } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentStatus } from '@zlh/agent';
import type { Accepted, ApiClient } from '../support/client.ts';
import { TestPlatform } from '../support/platform.ts';
import { offerShellGame, shellGame } from '../support/shell-game.ts';
import { plainHome } from '../support/warm-home.ts';

/** The runner prints the seed, also where a test fails. */
const random = randomFrom(testSeed);
let platform: TestPlatform;
let client: ApiClient;
test.before(async () => {
  platform = await TestPlatform.make({ from: await plainHome() });
  await offerShellGame(platform.home);
  await platform.start();
  client = await platform.admin();
});
test.after(() => platform.remove());

const create = (name = 'Ended') =>
  client.ask<Accepted>('POST', '/api/instances', { ...shellGame, name });
const ask = (id: string, action: string) =>
  client.ask<Accepted>('POST', `/api/instances/${id}/${action}`);

/** The state shown at the end of the request, and the state that its agent says then. */
async function assertStopped(id: string, first: string, wish: string, label: string) {
  assert.is((await client.untilOver(wish)).state, 'succeeded', label);
  const { state, error } = await client.operation(first);
  assert.equal([state, error?.code], ['cancelled', 'operations.superseded'], label);
  const { desired, observed, operation } = await client.instance(id);
  assert.equal([desired, observed, operation], ['stopped', 'stopped', null], label);
}

test('killed or stopped within 10 ms of a start, a restart or a rebuild it is stopped', async () => {
  const { instance, operation } = await create();
  await client.untilOver(operation.id);
  const { id } = instance;
  for (const first of ['restart', 'start', 'rebuild'])
    for (const wish of ['kill', 'stop']) {
      const label = `${wish} after ${first}`;
      const begun = await ask(id, first);
      await delay(random() * 10);
      const { operation: wished } = await ask(id, wish);
      await assertStopped(id, begun.operation.id, wished.id, label);
      const { state, wanted } = await client.ask<AgentStatus>('GET', `/api/instances/${id}/status`);
      assert.equal([state, wanted], ['stopped', false], label);
    }
  await client.untilOver((await ask(id, 'start')).operation.id);
  assert.equal((await client.instance(id)).ready, true);
});

for (const waitMs of [0, 100, 300, 800])
  test(`killed ${waitMs} ms into its creation it is stopped, and a start resumes it`, () =>
    killedWhileMade(waitMs));

async function killedWhileMade(waitMs: number): Promise<void> {
  const { instance, operation } = await create(`Made for ${waitMs} ms`);
  const { id } = instance;
  await delay(waitMs);
  // On a quick machine it is made by then.
  const isMade = (await client.operation(operation.id)).state === 'succeeded';
  const { operation: kill } = await ask(id, 'kill');
  if (!isMade) await assertStopped(id, operation.id, kill.id, `${waitMs} ms`);
  else await client.untilOver(kill.id);
  const start = await ask(id, 'start');
  assert.is((await client.untilOver(start.operation.id)).state, 'succeeded');
  assert.equal((await client.instance(id)).ready, true);
  const deletion = await client.ask<Accepted>('DELETE', `/api/instances/${id}`);
  assert.is((await client.untilOver(deletion.operation.id)).state, 'succeeded');
}

test('deleted in the middle of its creation it is gone', async () => {
  const { instance } = await create('Gone');
  const deletion = await client.ask<Accepted>('DELETE', `/api/instances/${instance.id}`);
  assert.is((await client.untilOver(deletion.operation.id)).state, 'succeeded');
  assert.is((await client.request('GET', `/api/instances/${instance.id}`)).status, 404);
});

test('ready and gone at once with exit code 0 it is wanted stopped', async () => {
  await offerShellGame(platform.home, {
    id: 'brief',
    launch: { command: '/bin/sh', args: ['-c', 'echo ready; read -r line; sleep 0.02'] },
  });
  await platform.stop();
  await platform.start();
  client.moveTo(platform.url);
  const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', {
    ...shellGame,
    variant: 'brief',
    name: 'Brief',
  });
  const { id } = instance;
  await client.untilOver(operation.id);
  for (let round = 0; round < 5; round++) {
    await client.ask('POST', `/api/instances/${id}/console/commands`, { command: 'go' });
    await untilStopped(id);
    await client.untilOver((await ask(id, 'start')).operation.id);
  }
});

const untilStopped = (id: string) =>
  client.until(
    () => client.instance(id),
    ({ desired, observed }) => desired === 'stopped' && observed === 'stopped',
  );

test.run();
