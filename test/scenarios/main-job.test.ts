/**
 * The main job, as a customer does it: create a server, see each phase of its making, join it, talk, watch its console,
 * stop it and delete it; and nothing is left. With the real server and a real player, on the embedded and on an
 * external PostgreSQL.
 */
// time-limit: 600s
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { serverList } from '@zlh/edge/testing';
import { joinAsPlayer } from '../player/player.ts';
import { needs, when } from '../runner/needs.ts';
import type { Instance, Operation } from '../support/client.ts';
import { ConsoleViewer } from '../support/console.ts';
import { answers, remains, rowsOf } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { startExternalServer } from '../support/postgres.ts';
import { game, warmHome } from '../support/warm-home.ts';

interface Accepted {
  readonly instance: Instance;
  readonly operation: Operation;
}

interface HowToJoin {
  readonly address: string;
  readonly routed: boolean;
}

const npm = await needs.npmRegistry();
const postgres = await needs.postgresServer();

async function mainJob(platform: TestPlatform, npmPath: string, database: string): Promise<void> {
  const client = await platform.admin();
  const key = { 'idempotency-key': 'the-first-server' };
  const wanted = { ...game, name: 'Skyblock' };
  const created = await client.request<Accepted>('POST', '/api/instances', wanted, key);
  assert.is(created.status, 202);
  const { instance, operation } = created.body;
  assert.match(instance.hostname, /^mc-flying-squid-\d+$/);
  assert.equal(
    [instance.observed, instance.ready, instance.desired],
    ['provisioning', false, 'running'],
  );

  const again = await client.request<Accepted>('POST', '/api/instances', wanted, key);
  assert.equal(
    [again.status, again.body.instance.id],
    [202, instance.id],
    'a repeat creates nothing',
  );

  const inTheWay = await client.request<{ code: string; operation: Operation }>(
    'POST',
    `/api/instances/${instance.id}/restart`,
  );
  assert.equal(
    [inTheWay.status, inTheWay.body.code, inTheWay.body.operation.id],
    [409, 'operations.conflict', operation.id],
  );

  const seen: string[] = [];
  const over = await client.until(
    () => client.operation(operation.id),
    ({ phases, state }) => {
      const running = phases.find((phase) => phase.state === 'running')?.name;
      if (running !== undefined && seen.at(-1) !== running) seen.push(running);
      return state === 'succeeded' || state === 'failed';
    },
  );
  assert.is(over.state, 'succeeded', JSON.stringify(over.error));
  const order = ['artifacts', 'container', 'agent', 'install', 'start'];
  assert.equal(
    over.phases.map(({ name, state }) => `${name} ${state}`),
    order.map((name) => `${name} succeeded`),
  );
  assert.equal(
    seen,
    order.filter((name) => seen.includes(name)),
    'phases are seen in their order',
  );

  const running = await client.until(
    () => client.instance(instance.id),
    ({ ready }) => ready,
  );
  assert.is(running.observed, 'running');
  const { port } = running.address!;

  const viewer = await ConsoleViewer.open(client, instance.id);
  await viewer.until(/Done \(/);
  const join = await client.until(
    () => client.ask<HowToJoin>('GET', `/api/instances/${instance.id}/join`),
    ({ routed }) => routed,
  );
  const [hostName, edgePort] = join.address.split(':') as [string, string];
  assert.is(hostName, `${instance.hostname}.localhost`);
  const alex = await joinAsPlayer({
    npm: npmPath,
    port: Number(edgePort),
    hostName,
    version: game.version,
    username: 'alex',
  });
  await viewer.until('alex joined the game');
  await alex.chat('hello from the game');
  await viewer.until('hello from the game');
  assert.is(
    (
      await client.request('POST', `/api/instances/${instance.id}/console/commands`, {
        command: 'say sent by the API',
      })
    ).status,
    204,
  );
  await alex.waitForChat('sent by the API');
  viewer.type('say typed in the console\r');
  await alex.waitForChat('typed in the console');
  const late = await ConsoleViewer.open(client, instance.id);
  await late.until('alex joined the game');
  late.close();

  const act = async (action: string) =>
    client.untilOver(
      (await client.ask<Accepted>('POST', `/api/instances/${instance.id}/${action}`)).operation.id,
    );
  assert.is((await act('stop')).state, 'succeeded');
  await alex.closed;
  const stopped = await client.until(
    () => client.instance(instance.id),
    ({ observed }) => observed === 'stopped',
  );
  assert.equal([stopped.ready, await answers(port)], [false, false]);
  const unrouted = await client.ask<HowToJoin>('GET', `/api/instances/${instance.id}/join`);
  assert.equal([unrouted.routed, unrouted.address], [false, join.address]);
  const listed = await client.until(
    () => serverList(Number(edgePort), hostName),
    ({ description }) => (description as { text?: string }).text !== 'Skyblock is starting',
  );
  assert.equal(listed.description, { text: 'Skyblock is stopped' });
  const refused = await client.request<{ code: string }>(
    'POST',
    `/api/instances/${instance.id}/console/commands`,
    { command: 'list' },
  );
  assert.is(refused.status, 409, 'a stopped server takes no commands');

  for (const action of ['start', 'restart']) {
    assert.is((await act(action)).state, 'succeeded', action);
    assert.ok(
      (
        await client.until(
          () => client.instance(instance.id),
          ({ ready }) => ready,
        )
      ).ready,
    );
  }
  assert.is((await act('kill')).state, 'succeeded');
  await client.until(
    () => client.instance(instance.id),
    ({ observed }) => observed === 'stopped',
  );
  viewer.close();

  const removed = await client.ask<Accepted>('DELETE', `/api/instances/${instance.id}`);
  assert.is((await client.untilOver(removed.operation.id)).state, 'succeeded');
  assert.is((await client.request('GET', `/api/instances/${instance.id}`)).status, 404);
  assert.equal(remains(platform.home, instance.id), { folder: false, processes: [] });
  assert.is(await answers(port), false);
  const {
    accounts_audit: audit,
    events_event: _told,
    accounts_idempotency: _answered,
    ...rows
  } = await rowsOf(database, instance.id);
  assert.ok(audit! > 0, 'the audit trail stays');
  assert.equal(rows, { operations_operation: 1 }, 'and the operation that removed it');
}

when(npm)('the main job on the embedded database', async (npmPath) => {
  const platform = await TestPlatform.start({ from: await warmHome() });
  try {
    await mainJob(platform, npmPath, platform.home);
    assert.is(await platform.stop(), 0);
  } finally {
    await platform.remove();
  }
});

when(npm, postgres)('the main job on an external database', async (npmPath, server) => {
  const external = await startExternalServer(server);
  const url = await external.database();
  const platform = await TestPlatform.start({ env: { DATABASE_URL: url } });
  try {
    await mainJob(platform, npmPath, url);
    assert.is(await platform.stop(), 0);
  } finally {
    await platform.remove();
    await external.stop();
  }
});

test.run();
