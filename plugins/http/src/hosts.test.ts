/** Guarantees of the host check: the platform answers to its own names, and to nobody else's, before anything else is done. */
import { networkInterfaces } from 'node:os';
import type { TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineRoute, defineSocket, Http } from './index.ts';
import { sendRaw } from './testing/raw.ts';
import { startHttp } from './testing/start.ts';

let opened = 0;
const routes = [
  defineRoute({
    method: 'GET',
    url: '/api/public',
    summary: 'x',
    access: 'public',
    handler: () => ({}),
  }),
  defineRoute({
    method: 'POST',
    url: '/api/door',
    summary: 'x',
    access: 'public',
    handler: () => (opened++, {}),
  }),
  defineRoute({
    method: 'GET',
    url: '/page',
    summary: 'x',
    access: 'public',
    hidden: true,
    handler: () => 'page',
  }),
  defineSocket({ url: '/api/socket', summary: 'x', access: 'public', open: () => opened++ }),
];

let kernel: TestKernel;
let url: string;
let port: string;
test.before(async () => {
  kernel = await startHttp(routes, {
    host: '0.0.0.0',
    publicUrl: 'https://panel.example.org',
    allowedHosts: ['panel.lan', '*.ide.example.org', 'fd00::7'],
  });
  port = new URL(kernel.use(Http).url).port;
  url = `http://127.0.0.1:${port}`;
});
test.after(() => kernel.stop());

const statusFor = async (host: string, at = url) =>
  (await sendRaw(at, '/api/public', { host })).status;

test('its own names are answered, whatever the port, the case and the dot at the end', async () => {
  for (const host of [
    'panel.example.org',
    'PANEL.example.org.:443',
    'panel.lan:8080',
    'a.ide.example.org',
    'localhost:1',
    'hub.localhost',
    '127.0.0.1',
    '127.8.9.1:4000',
    '[::1]:4000',
    '[fd00::7]',
  ])
    assert.is(await statusFor(host), 200, host);
});

test('another name is refused with a 421 that says what to do', async () => {
  for (const host of [
    'evil.example',
    'panel.example.org.evil.example',
    'evil-panel.lan',
    'ide.example.org',
    'notlocalhost',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '203.0.113.9',
    '[2001:db8::1]',
  ])
    assert.is(await statusFor(host), 421, host);
  const { body } = await sendRaw(url, '/api/public', { host: 'evil.example:4000' });
  assert.is(body.code, 'http.unknown-host');
  assert.match(body.detail, '"evil.example"');
  assert.match(body.detail, '"allowedHosts"');
});

test('a Host header that names no host is malformed', async () => {
  for (const host of ['a b', 'x@y', 'x/y', '[::', 'x:y:z'])
    assert.is(await statusFor(host), 400, host);
});

test('the address of the machine that was connected to is answered, and another one is not', async () => {
  const own = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  if (own === undefined) return; // A machine without a network has only loopback, tested above.
  assert.is(await statusFor(`${own}:${port}`, `http://${own}:${port}`), 200);
  assert.is(await statusFor(`${own}:${port}`), 421, 'it was connected to over loopback');
});

test('a foreign name reaches no route, no page, no WebSocket and no sign-in', async () => {
  const host = 'evil.example';
  const upgrade = {
    host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };
  for (const [path, headers, method] of [
    ['/api/door', { host }, 'POST'],
    ['/api/door', { host, authorization: 'Bearer mallory' }, 'POST'],
    ['/api/nothing', { host }, 'POST'],
    ['/page', { host }, 'GET'],
    ['/nothing', { host }, 'POST'],
    ['/api/docs', { host }, 'GET'],
    ['/health/live', { host }, 'GET'],
    ['/api/socket', upgrade, 'GET'],
  ] as const)
    assert.is((await sendRaw(url, path, headers, { method })).status, 421, `${method} ${path}`);
  assert.is(opened, 0);
});

test('a header of a stranger that claims another host changes nothing', async () => {
  const host = 'evil.example';
  for (const name of ['x-forwarded-host', 'forwarded', 'x-host'])
    assert.is((await sendRaw(url, '/api/public', { host, [name]: 'localhost' })).status, 421);
});

test.run();
