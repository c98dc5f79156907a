/** Promises to callers: input is checked and every fault named, problems are problems, and nothing inside leaks out. */
import { connect } from 'node:net';
import { once } from 'node:events';
import type { TestKernel } from '@zlh/kernel/testing';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineRoute, defineSocket, Http, page, pageQuery, Problem } from './index.ts';
import { badInput } from './testing/bad-input.ts';
import { TestClient } from './testing/client.ts';
import { sendRaw } from './testing/raw.ts';
import { startHttp } from './testing/start.ts';

const routes = [
  defineRoute({
    method: 'POST',
    url: '/api/things/:id',
    summary: 'Change a thing',
    access: 'public',
    bodyLimit: 1000,
    schema: {
      params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
      query: Type.Object({
        dry: Type.Optional(Type.Boolean()),
        times: Type.Integer({ default: 1, minimum: 1, maximum: 9 }),
      }),
      body: Type.Object({
        name: Type.String({ minLength: 1, maxLength: 10 }),
        kind: Type.Union([Type.Literal('a'), Type.Literal('b')]),
        inner: Type.Optional(Type.Object({ size: Type.Integer({ default: 7 }) })),
      }),
      response: { 201: Type.Object({ body: Type.Unknown(), query: Type.Unknown() }) },
    },
    handler: ({ body, query }) => ({ body, query }),
  }),
  defineRoute({
    method: 'GET',
    url: '/api/things',
    summary: 'List',
    access: 'public',
    schema: { query: Type.Object(pageQuery), response: { 200: page(Type.Object({})) } },
    handler: () => ({ items: [], nextCursor: null }),
  }),
  defineRoute({
    method: 'DELETE',
    url: '/api/things',
    summary: 'Nothing',
    access: 'public',
    schema: { response: { 204: Type.Null() } },
    handler() {},
  }),
  defineRoute({
    method: 'POST',
    url: '/api/empty',
    summary: 'No body',
    access: 'public',
    handler: ({ body }) => ({ body: body ?? null }),
  }),
  defineRoute({
    method: 'GET',
    url: '/api/broken',
    summary: 'Throws',
    access: 'public',
    handler() {
      throw new Error('the password is hunter2');
    },
  }),
  defineRoute({
    method: 'GET',
    url: '/api/full',
    summary: 'Finds no room',
    access: 'public',
    handler() {
      throw Object.assign(new Error('could not extend file "base/1"'), { code: '53100' });
    },
  }),
  defineRoute({
    method: 'GET',
    url: '/api/lies',
    summary: 'Lies',
    access: 'public',
    schema: { response: { 200: Type.Object({ a: Type.Integer() }) } },
    handler: () => ({ a: 1, passwordHash: 'x' }),
  }),
  defineRoute({
    method: 'GET',
    url: '/api/busy',
    summary: 'Refuses',
    access: 'public',
    handler() {
      throw new Problem(503, 'things.busy', 'Later.', { retryAfter: 7, operation: { id: 'x' } });
    },
  }),
  defineRoute({
    method: 'GET',
    url: '/page',
    summary: 'A page',
    access: 'public',
    hidden: true,
    handler: (_request, reply) => reply.type('text/html').send('<p>hello'),
  }),
  defineSocket({
    url: '/api/socket',
    summary: 'A socket',
    access: 'public',
    open: (socket) => socket.close(),
  }),
];
const id = '01980000-0000-7000-8000-000000000000';
const right = { name: 'x', kind: 'a' };

let kernel: TestKernel;
let client: TestClient;
test.before(async () => {
  kernel = await startHttp(routes);
  client = new TestClient(kernel);
});
test.after(() => kernel.stop());

const faults = async (body: unknown, path = `/api/things/${id}`) => {
  const answer = await client.post(path, body);
  assert.is(answer.status, 422);
  assert.is(answer.body.code, 'http.invalid');
  return Object.fromEntries(
    answer.body.errors.map((fault: { path: string; message: string }) => [
      fault.path,
      fault.message,
    ]),
  );
};

test('the status that the schema declares is the answer, defaults are filled in and text becomes what the schema wants', async () => {
  const { status, body, headers } = await client.post(`/api/things/${id}?dry=true&times=3`, {
    ...right,
    inner: {},
  });
  assert.is(status, 201);
  assert.equal(body, { body: { ...right, inner: { size: 7 } }, query: { dry: true, times: 3 } });
  assert.is(headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await client.post(`/api/things/${id}`, right)).body.query, { times: 1 });
});

test('a handler that answers nothing answers 204 where the schema says so', async () => {
  assert.is((await client.delete('/api/things')).status, 204);
});

test('every fault of a body is named by its JSON pointer', async () => {
  assert.equal(await faults({ name: '', kind: 'c', inner: { size: 'big', 'a/b': 1 }, extra: 1 }), {
    '/name': 'must not be empty',
    '/kind': 'must be one of "a", "b"',
    '/inner/size': 'must be a whole number',
    '/inner/a~1b': 'is not known here',
    '/extra': 'is not known here',
  });
  assert.equal(await faults({ kind: 'a' }), { '/name': 'is required' });
  assert.equal(await faults([]), { '/': 'must be an object' });
  assert.equal(await faults(undefined), { '/': 'is required' });
  assert.equal(await faults({ ...right, name: 'a\0b' }), {
    '/name': 'must not hold the NUL character',
  });
  assert.equal(await faults({ ...right, name: 'a\ud83d' }), {
    '/name': 'must not hold half of a character',
  });
  assert.equal(await faults({ ...right, '\udc00': 1 }), {
    '/\ufffd': 'must not hold half of a character',
  });
});

test('an address with a broken escape is not read as if it were none', async () => {
  for (const escape of ['%', '%zz', '%FF', '%ED%A0%80', '%C0%AF', '%00']) {
    const { status, body } = await client.post(`/api/things/${id}?times=${escape}`, right);
    assert.equal([status, body.code], [400, 'http.malformed'], escape);
  }
});

test('faults of path and query are named too', async () => {
  assert.equal(await faults(right, '/api/things/7'), { 'params.id': 'must be a UUID' });
  assert.equal(Object.keys(await faults(right, `/api/things/${id}?times=10&what=1`)), [
    'query.what',
    'query.times',
  ]);
});

test('a body with thousands of unknown members is answered shortly', async () => {
  const many = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`k${i}`, 0]));
  assert.is(Object.keys(await faults({ ...right, ...many })).length, 20);
});

test('what cannot be read is 400, 413 or 415', async () => {
  const path = `/api/things/${id}`;
  const status = async (body: string, type = 'application/json') => {
    const answer = await client.send('POST', path, body, { 'content-type': type });
    return [answer.status, answer.body.code];
  };
  assert.equal(await status('{"a'), [400, 'http.malformed']);
  assert.equal(await status('{"__proto__":{}}'), [400, 'http.malformed']);
  assert.equal(await status(JSON.stringify({ ...right, name: 'x'.repeat(2000) })), [
    413,
    'http.too-large',
  ]);
  assert.equal(await status('name=x', 'application/x-www-form-urlencoded'), [
    415,
    'http.unsupported-media-type',
  ]);
  assert.equal(await status('hello', 'text/plain'), [415, 'http.unsupported-media-type']);
});

test('JSON that is broken is refused with the line, the column and what should stand there', async () => {
  const refused = async (body: string) => {
    const answer = await client.send('POST', `/api/things/${id}`, body);
    const { code, detail, line, column } = answer.body;
    assert.equal([answer.status, code], [400, 'http.malformed'], body);
    return `${line}:${column} ${/should hold (.*)\.$/.exec(detail)?.[1]}`;
  };
  assert.is(await refused('{\n  "name": "x",\n  kind: "a"\n}'), '3:3 a name in double quotes');
  assert.is(await refused('{"name": "x" "kind": "a"}'), '1:14 a comma or "}"');
  assert.is(await refused('hello'), '1:1 a value');
  assert.is(await refused('{"name":'), '1:9 a value');
});

test('a key of a prototype is refused by its name, however it is written', async () => {
  for (const body of [
    '{"__proto__":{}}',
    '{"name":{"\\u005f_proto__":1}}',
    '[{"constructor":{"prototype":{}}}]',
  ]) {
    const answer = await client.send('POST', `/api/things/${id}`, body);
    assert.equal([answer.status, answer.body.code], [400, 'http.malformed'], body);
    assert.match(answer.body.detail, /"(__proto__|constructor)"/);
  }
  assert.is((await faults({ ...right, constructor: 1 }))['/constructor'], 'is not known here');
});

test('a body that is not UTF-8 is refused, and nothing takes its place', async () => {
  for (const bytes of [
    [0xff],
    [0xc3],
    [0xed, 0xa0, 0x80],
    [0xc0, 0xaf],
    [0xf5, 0x80, 0x80, 0x80],
  ]) {
    const body = Buffer.concat([
      Buffer.from('{"kind":"a","name":"'),
      Buffer.from(bytes),
      Buffer.from('"}'),
    ]);
    const answer = await client.send('POST', `/api/things/${id}`, body);
    assert.equal([answer.status, answer.body.code], [400, 'http.malformed'], String(bytes));
    assert.match(answer.body.detail, 'UTF-8');
  }
  const json = { 'content-type': 'application/json; charset=ISO-8859-1' };
  const other = await client.post(`/api/things/${id}`, right, json);
  assert.equal([other.status, other.body.code], [415, 'http.unsupported-charset']);
  const plain = { 'content-type': 'application/json; charset="UTF-8"' };
  const marked = await client.send(
    'POST',
    `/api/things/${id}`,
    `\ufeff{"kind":"a","name":"é"}`,
    plain,
  );
  assert.equal([marked.status, marked.body.body.name], [201, 'é']);
});

test('a body that is too deep, and one where none is read, is refused', async () => {
  const nested = (depth: number) => `{"inner":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  const send = async (body: string, path = `/api/things/${id}`) =>
    (await client.send('POST', path, body)).body.code;
  assert.is(await send(nested(33)), 'http.too-deep');
  assert.is(await send(nested(32)), 'http.invalid');
  assert.is(await send(`{"name":"${'['.repeat(40)}"}`), 'http.invalid', 'a text is not nested');
  assert.is(await send('{}', '/api/empty'), 'http.unexpected-body');
  const chunked = { 'transfer-encoding': 'chunked' };
  for (const [method, path] of [
    ['GET', '/api/things'],
    ['DELETE', '/api/things'],
    ['GET', '/api/socket'],
  ] as const)
    assert.is(
      (await sendRaw(client.url, path, chunked, { method, body: '{}' })).body.code,
      'http.unexpected-body',
    );
});

test('a client may name a type and send nothing', async () => {
  const { status, body } = await client.send('POST', '/api/empty', '', {
    'content-type': 'application/json',
  });
  assert.equal([status, body], [200, { body: null }]);
});

test('what is not there is 404; what takes other methods is 405 and names them', async () => {
  for (const path of ['/api/nothing', '/nothing', '/api/things/1/2/3'])
    assert.is((await client.get(path)).body.code, 'http.not-found', path);
  const { status, headers, body } = await client.send('PATCH', '/api/things');
  assert.equal(
    [status, headers.get('allow'), body.code],
    [405, 'GET, DELETE', 'http.method-not-allowed'],
  );
  assert.is((await client.get('/api/%zz')).status, 400);
  assert.is((await client.get('/api/%00')).status, 404);
});

test('a WebSocket address asks for the upgrade', async () => {
  const { status, headers } = await client.get('/api/socket');
  assert.equal([status, headers.get('upgrade')], [426, 'websocket']);
});

test('a defect is 500 with an id and nothing of what happened', async () => {
  const { status, body, headers } = await client.get('/api/broken');
  assert.is(status, 500);
  assert.equal(Object.keys(body), ['type', 'title', 'status', 'detail', 'code', 'requestId']);
  assert.not.match(JSON.stringify(body), 'hunter2');
  assert.match(body.detail, body.requestId);
  assert.is(headers.get('content-type'), 'application/problem+json; charset=utf-8');
});

test('a full disk is no defect but something to wait for', async () => {
  const { status, body, headers } = await client.get('/api/full');
  assert.equal([status, body.code, headers.get('retry-after')], [503, 'http.disk-full', '30']);
  assert.match(body.detail, 'Free some space');
});

test('a problem carries its members, and how long to wait as a header', async () => {
  const { body, headers } = await client.get('/api/busy');
  assert.equal(
    [body.status, body.code, body.detail, body.operation, headers.get('retry-after')],
    [503, 'things.busy', 'Later.', { id: 'x' }, '7'],
  );
});

test('under test, an answer that its schema does not describe is a defect', async () => {
  assert.is((await client.get('/api/lies')).status, 500);
});

test('pages carry a policy under which nothing comes from elsewhere', async () => {
  const { headers } = await client.get('/page');
  const policy = headers.get('content-security-policy')!;
  for (const part of [
    "default-src 'self'",
    "script-src 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ])
    assert.match(policy, part);
  assert.is(headers.get('x-content-type-options'), 'nosniff');
  assert.is(headers.get('referrer-policy'), 'no-referrer');
});

test('what is no HTTP at all is answered with 400 and hung up on', async () => {
  const socket = connect(Number(new URL(kernel.use(Http).url).port), '127.0.0.1');
  socket.end('HELO example.org\r\n\r\n');
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  assert.match(chunk.toString(), 'HTTP/1.1 400');
  await once(socket, 'close');
});

test('no input breaks a route', async () => {
  const { faults: broken, requests } = await badInput(kernel, {
    except: ['GET /api/broken', 'GET /api/lies', 'GET /api/busy', 'GET /api/full'],
  });
  assert.equal(broken, []);
  assert.ok(requests > 100);
});

test('the check for bad input finds a route that breaks', async () => {
  const { faults: broken } = await badInput(kernel);
  assert.ok(broken.some((fault) => fault.startsWith('GET /api/broken')));
});

test('a share is no whole number, and a compressed body is not read', async () => {
  const share = await client.send('GET', '/api/things?limit=1.5');
  assert.is(share.status, 422);
  assert.match(JSON.stringify(share.body), 'query.limit');
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const packed = await client.send('POST', `/api/things/${id}`, '{}', headers);
  assert.is(packed.status, 415);
});

test.run();
