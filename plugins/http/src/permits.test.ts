/** Requests that last end at once when their caller loses the right to them, and only theirs. */
import { once } from 'node:events';
import { request as send, type ClientRequest, type IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import type { TestKernel } from '@zlh/kernel/testing';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import type { Gate } from './gate.ts';
import { defineRoute, defineSocket, Http, Problem, problems } from './index.ts';
import { Permits, type Holder } from './permits.ts';
import type { Settings } from './settings.ts';
import { startHttp, toldRevocations } from './testing/start.ts';

const signedOut = new Set<string>();
const unshared = new Set<string>();
const params = Type.Object({ id: Type.String() });
const assertShared = (id: string) => {
  if (unshared.has(id)) throw problems.notFound('thing');
};
/** Settled by the handler of an upload or download, with the end that it met. */
let met = Promise.withResolvers<unknown>();
let begun = Promise.withResolvers<void>();
let asking = Promise.withResolvers<void>();
let mayConfirm = Promise.withResolvers<void>();

const routes = [
  defineSocket({
    url: '/api/things/:id/socket',
    summary: 'Socket',
    access: { permission: 'things.read' },
    schema: { params },
    before: ({ params: { id } }) => assertShared(id),
    open: () => undefined,
  }),
  defineRoute({
    method: 'GET',
    url: '/api/stream',
    summary: 'Streams',
    access: 'signed-in',
    handler(_request, reply) {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
      reply.raw.write('data: hello\n\n');
    },
  }),
  defineRoute({
    method: 'GET',
    url: '/api/things/:id/content',
    summary: 'Download',
    access: { permission: 'things.read' },
    schema: { params },
    recheck: ({ params: { id } }) => assertShared(id),
    async handler(_request, reply) {
      await Promise.resolve();
      const body = new PassThrough();
      body.write('the beginning');
      body.once('close', () => met.resolve(body.destroyed));
      return reply.send(body);
    },
  }),
  defineRoute({
    method: 'PUT',
    url: '/api/things/:id/content',
    summary: 'Upload',
    access: { permission: 'things.read' },
    streamed: true,
    schema: { params, response: { 200: Type.Object({ bytes: Type.Integer() }) } },
    recheck: ({ params: { id } }) => assertShared(id),
    async handler({ raw, permit }) {
      begun.resolve();
      let bytes = 0;
      permit.signal.addEventListener('abort', () => raw.destroy(permit.signal.reason as Error));
      raw.once('close', () => met.resolve(permit.signal.reason));
      for await (const chunk of raw.iterator({ destroyOnReturn: false }))
        bytes += (chunk as Buffer).length;
      asking.resolve();
      await mayConfirm.promise;
      await permit.confirm();
      return { bytes };
    },
  }),
  defineRoute({
    method: 'PUT',
    url: '/api/things/:id/deaf',
    summary: 'An upload whose handler hears of nothing',
    access: { permission: 'things.read' },
    streamed: true,
    schema: { params, response: { 204: Type.Null() } },
    recheck: ({ params: { id } }) => assertShared(id),
    async handler({ raw }) {
      begun.resolve();
      for await (const _chunk of raw);
    },
  }),
];

const revocations = toldRevocations();
let kernel: TestKernel;
test.before(async () => {
  // Nobody is asked again on time's account.
  kernel = await startHttp(
    routes,
    { recheckSeconds: 3600 },
    signedOut,
    new Set(['root']),
    revocations,
  );
});
test.after(() => kernel.stop());
test.before.each(() => {
  signedOut.clear();
  unshared.clear();
  met = Promise.withResolvers();
  begun = Promise.withResolvers();
  asking = Promise.withResolvers();
  mayConfirm = Promise.withResolvers();
  mayConfirm.resolve();
});

const bearer = (name: string) => ({ authorization: `Bearer ${name}` });
const dial = async (name: string, id: string): Promise<WebSocket> => {
  const url = `${kernel.use(Http).url.replace('http', 'ws')}/api/things/${id}/socket`;
  const socket = new WebSocket(url, { headers: bearer(name) });
  await once(socket, 'open');
  return socket;
};
const closing = async (socket: WebSocket) => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return `${code} ${reason.toString()}`;
};
const get = (path: string, name: string) =>
  fetch(kernel.use(Http).url + path, { headers: bearer(name) });

function put(path: string, name: string): ClientRequest {
  const sending = send(kernel.use(Http).url + path, {
    method: 'PUT',
    headers: { ...bearer(name), 'content-type': 'application/octet-stream' },
  });
  sending.on('error', () => undefined); // the platform hangs up
  sending.write('the beginning');
  return sending;
}
const answer = async (sending: ClientRequest) => {
  const [response] = (await once(sending, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, body: JSON.parse(text) as Record<string, unknown> };
};

test('a revoked caller loses the socket, the event stream and the download at once', async () => {
  const socket = await dial('ada', '1');
  const stream = await get('/api/stream', 'ada');
  const download = await get('/api/things/1/content', 'ada');
  const others = await dial('carl', '1');
  signedOut.add('ada');
  const closed = closing(socket);
  revocations.tell('ada');
  assert.is(await closed, '1008 You are not signed in any more.');
  assert.is(await stream.text(), 'data: hello\n\n');
  await download.text().then(
    () => assert.unreachable('half of a file looks like the whole'),
    (error: Error) => assert.match(error.message, /terminated/),
  );
  assert.is(await met.promise, true, 'the source of the download is let go');
  assert.is(others.readyState, others.OPEN);
  others.terminate();
});

test('a thing that is gone closes the sockets whose address names it', async () => {
  const gone = await dial('ada', 'shared');
  const kept = await dial('ada', 'own');
  unshared.add('shared');
  const closed = closing(gone);
  revocations.tell('shared');
  assert.is(await closed, '1008 You may not see this any more.');
  assert.is(kept.readyState, kept.OPEN);
  kept.terminate();
});

test('an upload whose caller is revoked is refused before its end, and its connection ends', async () => {
  const sending = put('/api/things/1/content', 'ada');
  const answered = answer(sending);
  await begun.promise;
  unshared.add('1');
  revocations.tell('1');
  const reason = await met.promise;
  assert.instance(reason, Problem);
  assert.is((reason as Problem).status, 404);
  const { status } = await answered.catch(() => ({ status: 'hung up' }));
  assert.ok(status === 404 || status === 'hung up', String(status));
});

test('an upload whose handler hears of nothing is cut off', async () => {
  const sending = put('/api/things/1/deaf', 'ada');
  const ended = new Promise((resolve) => sending.once('close', resolve));
  await begun.promise;
  unshared.add('1');
  revocations.tell('1');
  await ended;
});

test('an upload asks for permission before its last step, also without a notice', async () => {
  mayConfirm = Promise.withResolvers();
  const sending = put('/api/things/1/content', 'ada');
  const answered = answer(sending);
  sending.end();
  await asking.promise;
  unshared.add('1');
  mayConfirm.resolve();
  assert.is((await answered).status, 404);
});

test('when some revocations may have been missed, everybody is asked again', async () => {
  const socket = await dial('ada', '1');
  signedOut.add('ada');
  const closed = closing(socket);
  revocations.tell(null);
  assert.is(await closed, '1008 You are not signed in any more.');
});

/** Permits on a gate of the test's own. */
function permitsWith(refusalOf: Gate['refusalOf']) {
  const told = toldRevocations();
  const gate = { refusalOf } as Gate;
  const config = { recheckSeconds: 3600 } as Settings;
  return { told, permits: new Permits({ config, gate, revocations: told }) };
}
const holder = (refused: Holder['refused']): Holder => ({
  request: { identity: { id: 'ada' }, params: {} } as unknown as FastifyRequest,
  access: 'signed-in',
  administrator: false,
  refused,
});

test('a revocation that comes between the look-up and the beginning of a request is not lost', async () => {
  const { told, permits } = permitsWith(async () => problems.unauthenticated());
  told.tell('ada');
  const { promise, resolve } = Promise.withResolvers<Problem>();
  permits.add(holder(resolve));
  assert.is((await promise).status, 401);
  permits.close();
});

test('a caller whose rights cannot be read keeps the socket, and is asked about again', async () => {
  let asked = 0;
  const { told, permits } = permitsWith(async () => {
    if (++asked === 1) throw new Error('the database is away');
    return problems.unauthenticated();
  });
  const { promise, resolve } = Promise.withResolvers<Problem>();
  const one = holder(resolve);
  permits.add(one);
  told.tell('ada');
  assert.is((await promise).status, 401);
  assert.is(asked, 2);
  permits.close();
});

test('a last step is refused while rights cannot be read', async () => {
  const { permits } = permitsWith(async () => {
    throw new Error('the database is away');
  });
  await permits.confirm(holder(() => assert.unreachable())).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'the database is away'),
  );
  permits.close();
});

test.run();
