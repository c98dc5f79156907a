/**
 * Who may do what: every route of the platform, published or not, tried by everybody there is. A route that is missing
 * from the table fails, so that none is added without a decision on who may call it. Answers are compared with their
 * schemas.
 */
// time-limit: 300s
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { needs, when } from '../runner/needs.ts';
import {
  agentToken,
  CallerBook,
  callers,
  invite,
  type Caller,
  type People,
} from '../support/callers.ts';
import { fetchFrom, type Accepted, type ApiClient } from '../support/client.ts';
import { query } from '../support/leftovers.ts';
import { TestPlatform } from '../support/platform.ts';
import { offerStandIns } from '../support/stand-in-game.ts';
import { game, warmHome } from '../support/warm-home.ts';
import { share, type Row, type Sent, type World } from './roles-row.ts';
import { hidden, routes } from './roles-table.ts';

/** These end the session they are asked with, so each caller brings one of its own. */
const endsSession = new Set([
  'POST /api/auth/logout',
  'DELETE /api/auth/sessions',
  'POST /api/auth/register',
  'POST /api/auth/login',
]);
const passwords: Partial<Record<Caller, readonly [string, string]>> = {
  owner: ['owner@example.org', 'the password of the owner'],
  other: ['other@example.org', 'the password of the other'],
  viewer: ['viewer@example.org', 'the password of the viewer'],
  operator: ['operator@example.org', 'the password of the operator'],
  manager: ['manager@example.org', 'the password of the manager'],
  administrator: ['admin@example.org', 'correct horse battery'],
};

async function statusOf(client: ApiClient, method: string, { path, body }: Sent): Promise<number> {
  const isAgent = client.url.startsWith('unix:');
  if (path.endsWith('/console') && !isAgent) return upgradeStatus(client, path);
  const end = new AbortController(); // a stream of events does not end by itself
  const response = await fetchFrom(client.url, path, {
    method,
    signal: end.signal,
    redirect: 'manual',
    headers: {
      ...client.headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  end.abort();
  return response.status;
}

function upgradeStatus(client: ApiClient, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(client.url.replace('http', 'ws') + path, {
      headers: client.headers,
    });
    socket.once('open', () => {
      socket.close();
      resolve(101);
    });
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode!);
    });
    socket.once('error', reject);
  });
}

const environment = {
  ZLH_HTTP_RATE_LIMITS: 'false',
  ZLH_HTTP_CHECK_ANSWERS: 'true',
  ZLH_INSTANCES_INSTANCES_PER_USER: '500',
  ZLH_INSTANCES_MEMORY_MIB_PER_USER: '1000000',
};

when(await needs.npmRegistry())('every route answers everybody as it must', async () => {
  const platform = await TestPlatform.make({ from: await warmHome(), env: environment });
  const standIns = await offerStandIns(platform.home);
  try {
    await platform.start();
    const people = await invite(platform);
    const world = await prepare(platform, people);
    const published = await platform
      .anonymous()
      .ask<{ paths: Record<string, object> }>('GET', '/api/openapi.json');
    const names = Object.entries(published.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.equal(Object.keys(routes).sort(), names.sort(), 'every published route has a row');

    const book = await CallerBook.open(
      platform,
      people,
      await agentToken(platform, world.instance.id),
    );
    const wrong: string[] = [];
    for (const [name, row] of Object.entries({ ...hidden, ...routes })) {
      for (const caller of callers) {
        const client = await clientFor(book, platform, name, row, caller);
        const sent = await row.send(world);
        const status = await statusOf(client, name.split(' ', 1)[0]!, sent);
        await sent.after?.();
        if (status !== row.answers[caller])
          wrong.push(`${name} answers ${caller} ${status}, not ${row.answers[caller]}`);
      }
    }
    assert.equal(wrong, []);
  } finally {
    standIns.closeAllConnections();
    standIns.close();
    await platform.remove();
  }
});

async function prepare(platform: TestPlatform, people: People): Promise<World> {
  const { owner } = people;
  const { instance, operation } = await owner.ask<Accepted>('POST', '/api/instances', {
    ...game,
    name: 'Played on',
  });
  const { state, error } = await owner.untilOver(operation.id);
  assert.is(state, 'succeeded', JSON.stringify(error));
  await share(owner, instance.id);
  const [artifact] = await query<{ sha256: string }>(
    platform.home,
    'select sha256 from catalog_artifact limit 1',
  );
  return { ...people, platform, instance, operation, sha256: artifact!.sha256 };
}

function clientFor(
  book: CallerBook,
  platform: TestPlatform,
  name: string,
  row: Row,
  caller: Caller,
): Promise<ApiClient> {
  const own = endsSession.has(name) ? passwords[caller] : undefined;
  if (own !== undefined) return platform.anonymous().signIn(...own);
  return book.find(caller, { permission: row.permission, holder: row.holder ?? 'owner' });
}

test.run();
