/**
 * Promises of what stays open: guarded like everything else, watched while it lasts, and told when we stop.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { TestKernel } from '@zlh/kernel/testing';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { defineRoute, defineSocket, Http, Problem } from './index.ts';
import { TestClient } from './testing/client.ts';
import { startHttp } from './testing/start.ts';

let takenBack = false;
const routes = [
  defineSocket({
    url: '/api/echo',
    summary: 'Echo',
    access: { permission: 'things.read' },
    open: (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })),
  }),
  defineSocket({
    url: '/api/refuses',
    summary: 'Refuses',
    access: 'public',
    before() {
      throw new Problem(409, 'things.stopped', 'It is stopped.');
    },
    open: () => assert.unreachable(),
  }),
  defineSocket({
    url: '/api/shared',
    summary: 'Shared',
    access: 'public',
    before() {
      if (takenBack) throw new Problem(403, 'things.taken-back', 'It is no longer shared.');
    },
    open: () => undefined,
  }),
  defineSocket({
    url: '/api/for-administrators',
    summary: 'What only the route itself keeps from others',
    access: 'signed-in',
    before({ identity }) {
      if (!identity.administrator) throw new Problem(404, 'things.unknown', 'There is none.');
    },
    open: () => undefined,
  }),
  defineSocket({
    url: '/api/breaks',
    summary: 'Breaks',
    access: 'public',
    open() {
      throw new Error('secret');
    },
  }),
  defineRoute({
    method: 'GET',
    url: '/api/stream',
    summary: 'Streams',
    access: 'signed-in',
    async handler(_request, reply) {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
      reply.raw.write('data: hello\n\n');
    },
  }),
];
const signedOut = new Set<string>();
const administrators = new Set<string>();
const start = (settings = {}) => startHttp(routes, settings, signedOut, administrators);

const dial = (kernel: TestKernel, path: string, headers: Record<string, string> = {}) =>
  new WebSocket(kernel.use(Http).url.replace('http', 'ws') + path, { headers });
const refusal = async (socket: WebSocket) => {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode,
    body: JSON.parse(Buffer.concat(chunks).toString()) as { code: string },
  };
};
const closing = async (socket: WebSocket) => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return `${code} ${reason.toString()}`;
};

async function using(settings: object, work: (kernel: TestKernel) => Promise<void>): Promise<void> {
  signedOut.clear();
  administrators.add('root');
  const kernel = await start(settings);
  try {
    await work(kernel);
  } finally {
    await kernel.stop();
  }
}

test('a WebSocket opens for who may, and is refused with a problem otherwise', () =>
  using({}, async (kernel) => {
    const socket = dial(kernel, '/api/echo', { authorization: 'Bearer ada' });
    await once(socket, 'open');
    socket.send('hello');
    assert.is(String(((await once(socket, 'message')) as [Buffer])[0]), 'hello');
    socket.close();
    assert.equal(await refusal(dial(kernel, '/api/echo')).then(({ status }) => status), 401);
    assert.equal(
      await refusal(dial(kernel, '/api/echo', { authorization: 'Bearer bob' })).then(
        ({ status }) => status,
      ),
      403,
    );
    assert.equal(
      await refusal(
        dial(kernel, '/api/echo', { cookie: 'who=ada', origin: 'https://evil.example.org' }),
      ).then(({ body }) => body.code),
      'http.foreign-origin',
    );
    assert.equal(
      await refusal(dial(kernel, '/api/refuses')).then(({ body }) => body.code),
      'things.stopped',
    );
    assert.equal(await refusal(dial(kernel, '/api/nothing')).then(({ status }) => status), 404);
  }));

test('a WebSocket that fails to open is closed with an id and nothing of what happened', () =>
  using({}, async (kernel) => {
    const reason = await closing(dial(kernel, '/api/breaks'));
    assert.match(reason, /^1011 Something went wrong on our side \(request /);
    assert.not.match(reason, 'secret');
  }));

test('a message that is too large ends the connection, not the platform', () =>
  using({}, async (kernel) => {
    const socket = dial(kernel, '/api/echo', { authorization: 'Bearer ada' });
    await once(socket, 'open');
    socket.send(Buffer.alloc(300 * 1024));
    assert.match(await closing(socket), '1009');
  }));

test('one caller cannot hold more than so many open, and gets the place of one that closed', () =>
  using({ socketsPerCaller: 2 }, async (kernel) => {
    const open = async () => {
      const socket = dial(kernel, '/api/echo', { authorization: 'Bearer ada' });
      await once(socket, 'open');
      return socket;
    };
    const [first] = [await open(), await open()];
    const third = await refusal(dial(kernel, '/api/echo', { authorization: 'Bearer ada' }));
    assert.equal([third.status, third.body.code], [429, 'http.too-many-connections']);
    first.close();
    await once(first, 'close');
    (await open()).terminate();
  }));

test('who is signed out loses what stands open', () =>
  using({ recheckSeconds: 1 }, async (kernel) => {
    const socket = dial(kernel, '/api/echo', { authorization: 'Bearer ada' });
    await once(socket, 'open');
    const response = await fetch(`${new TestClient(kernel).url}/api/stream`, {
      headers: { authorization: 'Bearer ada' },
    });
    const read = response.text();
    signedOut.add('ada');
    assert.is(await closing(socket), '1008 You are not signed in any more.');
    assert.is(await read, 'data: hello\n\n');
  }));

test('whoever may no longer see what a socket shows loses it', () =>
  using({ recheckSeconds: 1 }, async (kernel) => {
    takenBack = false;
    const socket = dial(kernel, '/api/shared');
    await once(socket, 'open');
    takenBack = true;
    assert.is(await closing(socket), '1008 You may not see this any more.');
  }));

test('who is no administrator any more loses what only administrators may see, and nothing else', () =>
  using({ recheckSeconds: 1 }, async (kernel) => {
    const authorization = 'Bearer root';
    const hidden = dial(kernel, '/api/for-administrators', { authorization });
    const anybodys = dial(kernel, '/api/shared', { authorization });
    takenBack = false;
    await Promise.all([once(hidden, 'open'), once(anybodys, 'open')]);
    const response = await fetch(`${new TestClient(kernel).url}/api/stream`, {
      headers: { authorization },
    });
    administrators.delete('root');
    assert.is(await closing(hidden), '1008 You may not see this any more.');
    assert.is(await response.text(), 'data: hello\n\n', 'it is to come back as who it is now');
    assert.is(anybodys.readyState, anybodys.OPEN);
    anybodys.terminate();
  }));

test('a viewer who gives no sign of life is let go', () =>
  using({ recheckSeconds: 0.05 }, async (kernel) => {
    const socket = dial(kernel, '/api/echo', { authorization: 'Bearer ada' });
    await once(socket, 'open');
    (socket as unknown as { pong(): void }).pong = () => undefined;
    assert.match(await closing(socket), '1006');
  }));

test('when the platform stops, sockets close with 1001 and streams end, at once', async () => {
  signedOut.clear();
  const kernel = await start({ drainSeconds: 30 });
  const socket = dial(kernel, '/api/echo', { authorization: 'Bearer ada' });
  await once(socket, 'open');
  const response = await fetch(`${new TestClient(kernel).url}/api/stream`, {
    headers: { authorization: 'Bearer ada' },
  });
  const closed = closing(socket);
  const began = performance.now();
  await Promise.all([kernel.stop(), response.text()]);
  assert.is(await closed, '1001 The platform is stopping.');
  assert.ok(performance.now() - began < scaled(10_000));
});

test.run();
