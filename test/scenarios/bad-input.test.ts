/**
 * Bad input, to every route of a started platform: the right 4xx, a body that says which field is wrong, never a 5xx,
 * and nothing in the log that a host would have to look into.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { needs, when } from '../runner/needs.ts';
import { agentToken, asAgent, keyOf } from '../support/callers.ts';
import { fetchFrom, type Accepted, type ApiClient } from '../support/client.ts';
import { TestPlatform } from '../support/platform.ts';
import { game, plainHome, warmHome } from '../support/warm-home.ts';
import {
  faultyRequests,
  routesOf,
  sampledPath,
  sampleOf,
  type ApiDocument,
  type Faulty,
  type Route,
} from './faulty.ts';
import { Chance } from './chance.ts';

const environment = { ZLH_HTTP_RATE_LIMITS: 'false', ZLH_HTTP_CHECK_ANSWERS: 'true' };
const npm = await needs.npmRegistry();

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: {
    readonly code?: string;
    readonly detail?: string;
    readonly errors?: readonly { readonly path: string; readonly message: string }[];
  };
}

async function send(
  client: ApiClient,
  method: string,
  { path, body, headers }: Pick<Faulty, 'path' | 'body' | 'headers'>,
): Promise<Answer> {
  const end = new AbortController(); // a stream of events does not end by itself
  const response = await fetchFrom(client.url, path, {
    method,
    signal: end.signal,
    headers: { ...client.headers, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const type = response.headers.get('content-type') ?? '';
  const text = type.includes('json') ? await response.text() : '{}';
  end.abort();
  return { status: response.status, type, body: JSON.parse(text) as Answer['body'] };
}

/** What is wrong with an answer that must be a refusal; null when it is as it must be. */
function flawOf(
  { status, type, body }: Answer,
  wanted?: readonly number[],
  names?: string,
): string | null {
  if (status >= 500 || (wanted !== undefined && !wanted.includes(status)))
    return `${status} ${JSON.stringify(body).slice(0, 200)}`;
  if (status < 400) return null;
  if (!type.startsWith('application/problem+json')) return `${status} as ${type}`;
  if (typeof body.code !== 'string' || typeof body.detail !== 'string' || body.detail === '')
    return `${status} without a code or detail`;
  if (status !== 422) return null;
  if (body.errors === undefined || body.errors.length === 0) return '422 without a field';
  if (
    names === undefined ||
    body.errors.some(({ path }) => path === names || path.startsWith(`${names}/`))
  )
    return null;
  return `422 names ${body.errors.map(({ path }) => path).join(', ')}, not ${names}`;
}

/** Nothing that a client sends is a defect of the platform. */
function assertCalm(platform: TestPlatform): void {
  const complaints = platform.log.filter(
    ({ level }) => level === 'error' || level === 'fatal' || Number(level) >= 50,
  );
  assert.equal(complaints, []);
}

async function routesAt(client: ApiClient): Promise<Route[]> {
  return routesOf(await client.ask<ApiDocument>('GET', '/api/openapi.json'));
}

async function withPlatform(
  run: (platform: TestPlatform, client: ApiClient) => Promise<void>,
): Promise<void> {
  const platform = await TestPlatform.start({ from: await plainHome(), env: environment });
  try {
    // A key: no request signs it out.
    const { client } = await keyOf(await platform.admin(), '*');
    await run(platform, client);
    assert.is((await platform.anonymous().request('GET', '/health/ready')).status, 200);
    assertCalm(platform);
  } finally {
    await platform.remove();
  }
}

test('a request with one fault is refused, and the field is named', () =>
  withPlatform(async (platform, client) => {
    const flaws: string[] = [];
    let sent = 0;
    for (const route of await routesAt(client)) {
      // Some routes are for people with a session only, and some of those end it.
      const sender = route.path.startsWith('/api/auth/') ? await platform.admin() : client;
      for (const faulty of faultyRequests(route)) {
        sent += 1;
        const wanted = route.path.startsWith('/api/agents/')
          ? [...(faulty.wanted ?? []), 403]
          : faulty.wanted;
        const flaw = flawOf(await send(sender, route.method, faulty), wanted, faulty.names);
        if (flaw !== null) flaws.push(`${route.method} ${route.path} with ${faulty.what}: ${flaw}`);
      }
    }
    assert.equal(flaws, []);
    assert.ok(sent > 500, `only ${sent} requests`);
  }));

test('strange headers and methods are refused', () =>
  withPlatform(async (_platform, client) => {
    const wanted = { path: '/api/instances', body: JSON.stringify({ ...game, name: 'x' }) };
    const json = { 'content-type': 'application/json' };
    const cases: [string, string, Partial<Faulty>, number[]][] = [
      ['a huge header', 'GET', { headers: { 'x-much': 'x'.repeat(60_000) } }, [431]],
      ['an unknown method', 'PROPFIND', {}, [404, 405]],
      ['a method the route has not', 'PUT', { body: '{}', headers: json }, [405]],
      [
        'a long key',
        'POST',
        { ...wanted, headers: { ...json, 'idempotency-key': 'x'.repeat(5000) } },
        [422, 400],
      ],
      [
        'two kinds of credentials, both wrong',
        'GET',
        { headers: { authorization: 'Basic eDp5' } },
        [401],
      ],
      ['a bearer that is none', 'GET', { headers: { authorization: 'Bearer zlh_' } }, [401]],
      ['an agent that is none', 'GET', { headers: { authorization: 'Bearer zla_x.y' } }, [401]],
    ];
    for (const [what, method, faulty, statuses] of cases) {
      const answer = await send(client, method, { path: '/api/instances', ...faulty });
      assert.is(flawOf(answer, statuses), null, what);
    }
    const resumed = await send(client, 'GET', {
      path: '/api/events',
      headers: { 'last-event-id': 'yesterday' },
    });
    assert.is(flawOf(resumed, [422], 'headers.last-event-id'), null);
  }));

/** What the platform says to bytes on its port, until it closes the connection. */
async function say(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => socket.destroy()); // closed in the middle of what we say: that is an answer, too
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes, 'latin1');
  await closed;
  return heard.split('\r\n', 1)[0]!;
}

test('what is no HTTP is closed with a 400, and costs nobody else anything', () =>
  withPlatform(async (_platform, { url }) => {
    const host = 'host: localhost\r\n';
    for (const bytes of [
      'GET\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      `GET /api/\x00 HTTP/1.1\r\n${host}\r\n`,
      `GET / HTTP/9.9\r\n${host}\r\n`,
      `POST /api/auth/login HTTP/1.1\r\n${host}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST /api/auth/login HTTP/1.1\r\n${host}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n`,
      `POST /api/auth/login HTTP/1.1\r\n${host}content-length: -1\r\n\r\n`,
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n${host}\r\n`,
      `GET / HTTP/1.1\r\n${host}no colon here\r\n\r\n`,
    ]) {
      const answer = await say(url, bytes);
      assert.match(answer, /^$|^HTTP\/1\.1 4\d\d /, JSON.stringify(bytes.slice(0, 60)));
    }
  }));

test('random requests never meet a 5xx', () =>
  withPlatform(async (_platform, client) => {
    const chance = new Chance(process.env['ZLH_TEST_SEED']);
    console.log(`seed: ${chance.seed}`);
    const routes = await routesAt(client);
    for (let count = 0; count < 1500; count += 1) {
      const route = chance.pick(routes);
      const method = chance.happens(0.95)
        ? route.method
        : chance.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
      const path =
        route.path.replace(/\{\w+\}/g, () =>
          chance.happens(0.6)
            ? encodeURIComponent(chance.text())
            : sampledPath(route).split('/')[3]!,
        ) + chance.query();
      const content =
        route.body !== undefined && chance.happens(0.7)
          ? chance.spoil(sampleOf(route.body))
          : chance.json();
      const body =
        method === 'GET' || chance.happens(0.1)
          ? {}
          : { body: JSON.stringify(content), headers: { 'content-type': 'application/json' } };
      const answer = await send(client, method, { path, ...body });
      assert.is(
        flawOf(answer),
        null,
        `seed ${chance.seed}, request ${count}: ${method} ${path} ${JSON.stringify(body)}`,
      );
    }
  }));

when(npm)('a console and an agent that talk nonsense are refused; the game plays on', async () => {
  const platform = await TestPlatform.start({ from: await warmHome(), env: environment });
  try {
    const client = await platform.admin();
    const { instance, operation } = await client.ask<Accepted>('POST', '/api/instances', {
      ...game,
      name: 'Calm',
    });
    assert.is((await client.untilOver(operation.id)).state, 'succeeded');
    for (const [frame, code] of [
      ['not JSON', 1008],
      ['{"type":"input"}', 1008],
      ['{"type":"resize","cols":0,"rows":1e9}', 1008],
      ['{"type":"input","data":"x","more":1}', 1008],
      [Buffer.from('{"type":"input","data":"x"}'), 1008],
      [`{"type":"input","data":"${'x'.repeat(5000)}"}`, 1008],
      ['x'.repeat(2_000_000), 1009],
    ] as const) {
      const socket = new WebSocket(
        `${client.url.replace('http', 'ws')}/api/instances/${instance.id}/console`,
        { headers: client.headers },
      );
      await once(socket, 'open');
      socket.send(frame);
      const [closed] = (await once(socket, 'close')) as [number];
      assert.is(closed, code, frame.toString().slice(0, 60));
    }
    const agent = asAgent(platform, await agentToken(platform, instance.id));
    const headers = { 'content-type': 'application/json' };
    for (const [body, wanted] of [
      ['{', 400],
      ['[]', 422],
      ['{"sequence":-1,"status":{}}', 422],
      [JSON.stringify({ sequence: 1, status: 'x'.repeat(2_000_000) }), 413],
    ] as const) {
      assert.is(
        flawOf(await send(agent, 'POST', { path: '/api/agents/report', body, headers }), [wanted]),
        null,
        body.slice(0, 60),
      );
    }
    for (const command of ['say one\nstop', 'a\0b', '', 'x'.repeat(2000), '\u001b[2J']) {
      const answer = await send(client, 'POST', {
        path: `/api/instances/${instance.id}/console/commands`,
        body: JSON.stringify({ command }),
        headers,
      });
      assert.is(flawOf(answer, [422], '/command'), null, JSON.stringify(command).slice(0, 40));
    }
    assert.is((await client.instance(instance.id)).ready, true);
    assertCalm(platform);
  } finally {
    await platform.remove();
  }
});

test.run();
