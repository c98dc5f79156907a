/** Guarantees of deadlines: a body that comes drop by drop is let go of, an upload of somebody signed in is not. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { TestKernel } from '@zlh/kernel/testing';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BodyDeadlines } from './body-deadlines.ts';
import { defineRoute, Http } from './index.ts';
import type { Settings } from './settings.ts';
import { startHttp } from './testing/start.ts';

const body = Type.Object({ name: Type.String() });
const uploaded: string[] = [];
const routes = [
  defineRoute({
    method: 'POST',
    url: '/api/door',
    summary: 'x',
    access: 'public',
    schema: { body },
    handler: () => ({}),
  }),
  defineRoute({
    method: 'POST',
    url: '/api/shut',
    summary: 'x',
    access: 'signed-in',
    schema: { body },
    handler: () => ({}),
  }),
  defineRoute({
    method: 'PUT',
    url: '/api/file',
    summary: 'x',
    access: 'signed-in',
    streamed: true,
    async handler({ raw }) {
      for await (const chunk of raw) uploaded.push(String(chunk));
      return {};
    },
  }),
];

let kernel: TestKernel;
const sockets: Socket[] = [];
test.before(async () => {
  kernel = await startHttp(routes, { bodySeconds: 0.1 });
});
test.after.each(() => sockets.splice(0).forEach((socket) => socket.destroy()));
test.after(() => kernel.stop());

/** Sends the head and the first byte of a body, and holds the rest back. */
function begin(method: string, path: string, headers = ''): Socket {
  const socket = connect(Number(new URL(kernel.use(Http).url).port), '127.0.0.1');
  sockets.push(socket);
  socket.write(
    `${method} ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 12\r\n${headers}\r\n{`,
  );
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

test('a stranger and somebody signed in who hold a body back are answered 408 and let go of', async () => {
  const answers = await Promise.all([
    answerOf(begin('POST', '/api/door')),
    answerOf(begin('POST', '/api/shut', 'authorization: Bearer ada\r\n')),
  ]);
  for (const answer of answers) {
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, '"http.too-slow"');
    assert.match(answer, /connection: close/i);
  }
});

test('an upload of somebody signed in goes on past the deadline of others', async () => {
  const upload = begin('PUT', '/api/file', 'authorization: Bearer ada\r\n');
  // Begun after it, so its deadline is over no sooner.
  await answerOf(begin('POST', '/api/door'));
  await answerOf(begin('POST', '/api/door'));
  const [answered] = [once(upload, 'data')];
  upload.write('"name":"xy"}'.slice(0, 11));
  assert.match(String(((await answered) as [Buffer])[0]), /^HTTP\/1\.1 200 /);
  assert.is(uploaded.join('').length, 12);
});

/** What is looked at of a request, with a clock that stands until it is moved. */
function watched() {
  let now = 0;
  const socket = { destroyed: false, bytesRead: 0, destroy: () => (socket.destroyed = true) };
  const heard: Error[] = [];
  const request = {
    complete: false,
    destroyed: false,
    socket,
    listenerCount: () => 1,
    emit: (_event: string, error: Error) => heard.push(error),
  };
  const response = { headersSent: false, writableFinished: false };
  const config = { bodySeconds: 10 } as Settings;
  const deadlines = new BodyDeadlines({ config }, () => now);
  deadlines.watch(request as never as IncomingMessage, response as never as ServerResponse);
  const pass = (seconds: number) => {
    now += seconds * 1000;
    deadlines.sweep();
  };
  return { deadlines, request, response, socket, heard, pass };
}

test('drops that come one by one move no deadline', () => {
  const { socket, heard, pass, deadlines } = watched();
  for (let second = 0; second < 9; second++) {
    socket.bytesRead++;
    pass(1);
  }
  assert.is(heard.length, 0);
  pass(1);
  assert.is(heard.length, 1);
  assert.is(deadlines.size, 0);
});

test('a refused client may go on for five seconds, and its connection ends', () => {
  const { response, socket, heard, pass } = watched();
  Object.assign(response, { headersSent: true, writableFinished: true });
  pass(1);
  pass(4);
  assert.not(socket.destroyed);
  pass(1);
  assert.ok(socket.destroyed);
  assert.is(heard.length, 0);
});

test('an upload has as long as it comes on, and five minutes when it stands still', () => {
  const { deadlines, request, socket, heard, pass } = watched();
  deadlines.allowUpload(request as never as IncomingMessage);
  for (let hour = 0; hour < 10; hour++) {
    socket.bytesRead += 1000;
    pass(290);
  }
  assert.is(heard.length, 0);
  pass(10);
  assert.is(heard.length, 0);
  pass(290);
  assert.is(heard.length, 1);
});

test('a body that has arrived is watched no longer', () => {
  const { deadlines, request, heard, pass } = watched();
  request.complete = true;
  pass(1);
  pass(100);
  assert.equal([deadlines.size, heard.length], [0, 0]);
});

test.run();
