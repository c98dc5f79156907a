/**
 * Customers of one platform know nothing of each other: not from lists, not from events, not through an agent, and not
 * with an id they guessed. An agent speaks for its own instance and for no other.
 */
import { randomUUID } from 'node:crypto';
import { socketUrlOf } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { needs, when } from '../runner/needs.ts';
import { agentToken, asAgent, invite, keyOf } from '../support/callers.ts';
import { fetchFrom, type Accepted, type ApiClient, type Instance } from '../support/client.ts';
import { query } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { broken, offerStandIns } from '../support/stand-in-game.ts';
import { game, plainHome, warmHome } from '../support/warm-home.ts';

const npm = await needs.npmRegistry();

/** Follows somebody's events until `wanted` came; answers all that came before it. */
async function eventsUntil(
  client: ApiClient,
  wanted: string,
  begin: () => Promise<unknown>,
): Promise<string> {
  const end = new AbortController();
  const response = await fetch(`${client.url}/api/events`, {
    headers: client.headers,
    signal: end.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let heard = (await reader.read()).value ?? '';
  await begin();
  while (!heard.includes(wanted)) {
    const { done, value } = await reader.read();
    assert.not.ok(done, `the events ended before ${wanted} came`);
    heard += value;
  }
  end.abort();
  return heard;
}

async function withStandIns(run: (platform: TestPlatform) => Promise<void>): Promise<void> {
  const platform = await TestPlatform.make({
    from: await plainHome(),
    env: { ZLH_HTTP_RATE_LIMITS: 'false', ZLH_HTTP_RECHECK_SECONDS: '0.2' },
  });
  const standIns = await offerStandIns(platform.home);
  try {
    await platform.start();
    await run(platform);
  } finally {
    standIns.closeAllConnections();
    standIns.close();
    await platform.remove();
  }
}

test('lists, events and guessed ids show a user their own things only; administrators see all', () =>
  withStandIns(async (platform) => {
    const { administrator, owner, other } = await invite(platform);
    const make = (client: ApiClient, name: string) =>
      client.ask<Accepted>('POST', '/api/instances', { ...broken, name });
    const owners = await make(owner, 'The secret of the owner');
    const heard = await eventsUntil(other, 'the last of the other', async () => {
      await make(owner, 'Another secret of the owner');
      await make(other, 'the last of the other');
    });
    assert.not.match(heard, 'secret of the owner');
    assert.match(
      await eventsUntil(administrator, 'a third secret', () => make(owner, 'a third secret')),
      'a third secret',
    );

    const lists = [
      '/api/instances',
      '/api/operations',
      `/api/operations?instanceId=${owners.instance.id}`,
      '/api/api-keys',
      '/api/auth/sessions',
    ];
    await keyOf(owner, 'events.read');
    for (const path of lists) {
      const { items } = await other.ask<{ items: object[] }>('GET', path);
      assert.not.match(JSON.stringify(items), /secret|owner@/, path);
    }
    for (const path of lists.slice(0, 3))
      assert.match(JSON.stringify(await administrator.ask('GET', path)), 'secret of the owner');

    const real = await other.request('GET', `/api/instances/${owners.instance.id}`);
    const guessed = await other.request('GET', `/api/instances/${randomUUID()}`);
    const told = ({ status, body }: typeof real) => ({
      status,
      code: body['code'],
      detail: body['detail'],
    });
    assert.equal(
      told(real),
      told(guessed),
      "somebody else's id and one that does not exist are told alike",
    );

    const same = { 'idempotency-key': 'one-key-of-two-people' };
    const [first, second] = [
      await owner.request<Accepted>('POST', '/api/instances', { ...broken, name: 'Mine' }, same),
      await other.request<Accepted>('POST', '/api/instances', { ...broken, name: 'Mine' }, same),
    ];
    assert.is.not(first.body.instance.id, second.body.instance.id);
  }));

test('a stream of events ends with the session that opened it', () =>
  withStandIns(async (platform) => {
    const { owner } = await invite(platform);
    const { client, id } = await keyOf(owner, 'events.read');
    const response = await fetch(`${client.url}/api/events`, { headers: client.headers });
    const reader = response.body!.getReader();
    await reader.read();
    await owner.ask('DELETE', `/api/api-keys/${id}`);
    while (!(await reader.read()).done);
    assert.is((await client.request('GET', '/api/events')).status, 401);
  }));

when(npm)("an agent's token opens its own instance and nothing else", async () => {
  const platform = await TestPlatform.start({ from: await warmHome() });
  try {
    const { owner, other } = await invite(platform);
    const [mine, theirs] = await Promise.all([create(owner), create(other)]);
    const [token, foreign] = await Promise.all(
      [mine, theirs].map(({ id }) => agentToken(platform, id)),
    );
    const [row] = await query<{ url: string }>(
      platform.home,
      `select placement->>'agentUrl' as url from instances_instance where id = $1`,
      [mine.id],
    );
    const agent = (bearer: string | undefined, method: string, path: string, body?: object) =>
      fetchFrom(row!.url, path, {
        method,
        headers: {
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });

    const forged = `${token!.split('.')[0]}.${foreign!.split('.')[1]}`;
    for (const wrong of [undefined, foreign, forged, `${token}x`]) {
      for (const [method, path] of [
        ['GET', '/status'],
        ['GET', '/ready'],
        ['POST', '/stop'],
        ['POST', '/config'],
        ['POST', '/console/command'],
        ['POST', '/shutdown'],
        ['GET', '/operations/x'],
      ] as const) {
        const { status } = await agent(
          wrong,
          method,
          path,
          method === 'POST' ? { operationId: randomUUID() } : undefined,
        );
        assert.is(status, 401, `${method} ${path} with ${wrong?.slice(0, 8)}`);
      }
      assert.is(await refusedConsole(row!.url, wrong), 401);
    }
    assert.is((await agent(token, 'GET', '/status')).status, 200);

    const report = async (client: ApiClient) =>
      (await client.request('POST', '/api/agents/report', {})).status;
    assert.is(await report(asAgent(platform, forged)), 401);
    assert.is(await report(asAgent(platform, token!)), 422);
    assert.is(await report(platform.anonymous().withKey(token!)), 401, 'nowhere but on its socket');

    const { operation } = await other.ask<Accepted>('DELETE', `/api/instances/${theirs.id}`);
    assert.is((await other.untilOver(operation.id)).state, 'succeeded');
    const gone = await report(asAgent(platform, foreign!));
    assert.is(gone, 401, 'the token of a deleted instance opens nothing');
    assert.is((await owner.instance(mine.id)).ready, true);
  } finally {
    await platform.remove();
  }
});

async function create(client: ApiClient): Promise<Instance> {
  const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', {
    ...game,
    name: 'Own',
  });
  const { state, error } = await client.untilOver(operation.id);
  assert.is(state, 'succeeded', JSON.stringify(error));
  return client.until(
    () => client.instance(instance.id),
    ({ ready }) => ready,
  );
}

function refusedConsole(url: string, bearer: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(socketUrlOf(url, '/console'), {
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    });
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode!);
    });
    socket.once('open', () => reject(new Error('the console opened')));
    socket.once('error', reject);
  });
}

test.run();
