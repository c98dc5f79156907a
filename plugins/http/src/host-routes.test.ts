/**
 * Routes of hosts: a plugin takes its own names, the platform keeps its names, and nobody else is
 * answered.
 */
import { request } from 'node:http';
import { definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket, WebSocketServer } from 'ws';
import { defineRoute, HostRoutes, Http, Routes } from './index.ts';
import http from './platform.ts';

let kernel: TestKernel;
const sockets = new WebSocketServer({ noServer: true });

test.before(async () => {
  const plugin = definePlugin({
    id: 'ide',
    setup({ add }) {
      add(Routes, [
        defineRoute({
          method: 'GET',
          url: '/api/thing',
          summary: 'Get the thing',
          access: 'public',
          handler: () => ({ from: 'the platform' }),
        }),
      ]);
      add(HostRoutes, {
        matches: (host) => host.endsWith('.ide.example.org'),
        async handle({ url, method, headers }, response) {
          if (url === '/throw') throw new Error('as it is meant to');
          response.end(`${method} ${headers.host}${url}`);
        },
        upgrade: (asked, socket, head) =>
          sockets.handleUpgrade(asked, socket, head, (opened) => opened.send(asked.headers.host!)),
      });
      // A greedy plugin gets no name of the platform's own.
      add(HostRoutes, {
        matches: (host) => !host.endsWith('stranger.org'),
        handle: (_request, response) => void response.end('greedy'),
      });
    },
  });
  kernel = await startTestKernel({
    plugins: [http, plugin],
    config: {
      http: { port: 0, publicUrl: 'https://example.org', allowedHosts: ['*.example.org'] },
    },
    logLevel: 'silent',
  });
});
test.after(async () => {
  sockets.close();
  await kernel.stop();
});

function ask(
  host: string,
  path: string,
  method = 'GET',
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(kernel.use(Http).url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers: { host } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode!, text }));
    });
    sent.on('error', reject).end();
  });
}

test('a request that names a host of a plugin comes to the plugin, whatever its path', async () => {
  for (const path of ['/', '/api/thing', '/a?b=%41'])
    assert.equal(await ask('A1.ide.example.org:443', path), {
      status: 200,
      text: `GET A1.ide.example.org:443${path}`,
    });
  assert.is((await ask('a1.ide.example.org', '/x', 'DELETE')).text, 'DELETE a1.ide.example.org/x');
});

test('names of the platform stay the platform’s, though a plugin would take them', async () => {
  for (const host of ['example.org', 'localhost', '127.0.0.1'])
    assert.match((await ask(host, '/api/thing')).text, 'the platform', host);
});

test('a host that no plugin takes is refused with 421', async () => {
  assert.is((await ask('stranger.org', '/api/thing')).status, 421);
});

test('a WebSocket to a host of a plugin is the plugin’s', async () => {
  const { port } = new URL(kernel.use(Http).url);
  const headers = { host: 'b2.ide.example.org' };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/any`, { headers });
  const text = await new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer) => resolve(data.toString()));
    socket.on('error', reject);
  });
  assert.is(text, 'b2.ide.example.org');
  socket.close();
});

test('a WebSocket to a host whose route takes none is refused', async () => {
  const { port } = new URL(kernel.use(Http).url);
  const headers = { host: 'greedy.example.com' };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/any`, { headers });
  const message = await new Promise((resolve) => {
    socket.on('error', ({ message: text }) => resolve(text));
  });
  assert.match(String(message), '426');
});

test('a handler that throws ends its request with a problem and no other request', async () => {
  const { status, text } = await ask('a1.ide.example.org', '/throw');
  assert.is(status, 500);
  assert.match(text, 'http.internal');
  assert.not.match(text, 'as it is meant to');
  assert.is((await ask('a1.ide.example.org', '/')).status, 200);
});

test.run();
