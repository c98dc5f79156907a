/** Guarantees about reverse proxies: what they say of a visitor is believed at their socket, and nowhere else unless it was asked for. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { defineRoute, defineSocket, Http } from './index.ts';
import { sendRaw } from './testing/raw.ts';
import { startHttp } from './testing/start.ts';
import { createTrust, trustsThisMachine } from './trust.ts';

const seen: (string | undefined)[] = [];
const routes = [
  defineRoute({
    method: 'GET',
    url: '/api/me',
    summary: 'x',
    access: 'public',
    handler: ({ ip, protocol, host }) => {
      seen.push(ip);
      return { ip, protocol, host };
    },
  }),
  defineSocket({
    url: '/api/socket',
    summary: 'x',
    access: 'public',
    open: (socket, { ip }) => socket.send(ip),
  }),
];
const forwarded = {
  'x-forwarded-for': '198.51.100.1, 203.0.113.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'panel.example.org',
};

const folder = mkdtempSync(join(tmpdir(), 'zlh-proxy-'));
const proxySocket = join(folder, 'http.sock');
let kernel: TestKernel;
test.before(async () => {
  kernel = await startHttp(routes, {
    proxySocket,
    proxySocketGroup: String(process.getegid!()),
    publicUrl: 'https://panel.example.org',
  });
});
test.after(async () => {
  await kernel.stop();
  rmSync(folder, { recursive: true });
});

test('at the socket of the proxies the last address, scheme and host that they name are believed', async () => {
  assert.is(statSync(proxySocket).mode & 0o777, 0o660);
  const { body } = await sendRaw(proxySocket, '/api/me', { host: 'localhost', ...forwarded });
  assert.equal(body, { ip: '203.0.113.7', protocol: 'https', host: 'panel.example.org' });
});

test('a name that a proxy forwards is checked like one of its own', async () => {
  const headers = { host: 'localhost', ...forwarded, 'x-forwarded-host': 'evil.example' };
  assert.is((await sendRaw(proxySocket, '/api/me', headers)).status, 421);
});

test('a WebSocket opens through the socket of the proxies', async () => {
  const socket = new WebSocket(`ws+unix:${proxySocket}:/api/socket`, {
    headers: { host: 'localhost', ...forwarded },
  });
  const [data] = (await once(socket, 'message')) as [Buffer];
  assert.is(String(data), '203.0.113.7');
  socket.close();
});

test('a program on this machine that is no proxy is believed nothing', async () => {
  const { body } = await sendRaw(kernel.use(Http).url, '/api/me', {
    host: 'localhost',
    ...forwarded,
  });
  assert.equal(body, { ip: '127.0.0.1', protocol: 'http', host: 'localhost' });
});

test('a client that hangs up at once is believed nothing either', async () => {
  seen.length = 0;
  const { port } = new URL(kernel.use(Http).url);
  const head = Object.entries(forwarded).map(([name, value]) => `${name}: ${value}\r\n`);
  for (let i = 0; i < 20; i++) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined); // It resets its own connection.
    await once(socket, 'connect');
    socket.write(`GET /api/me HTTP/1.1\r\nhost: localhost\r\n${head.join('')}\r\n`);
    socket.resetAndDestroy();
  }
  await sendRaw(kernel.use(Http).url, '/api/me', { host: 'localhost' });
  assert.equal(
    seen.filter((ip) => ip !== undefined && ip !== '127.0.0.1'),
    [],
  );
});

test('addresses and networks of proxies are believed as they are written', () => {
  const trust = createTrust(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', 'linklocal'], undefined);
  assert.ok(trust);
  for (const address of ['10.1.2.3', '192.0.2.1', 'fd00::1', 'fe80::1%eth0', '::ffff:10.0.0.1'])
    assert.ok(trust(address), address);
  for (const address of ['11.0.0.1', '192.0.2.2', '127.0.0.1', 'unix', '', 'fc00::1', undefined])
    assert.not(trust(address), String(address));
  assert.is(createTrust([], undefined), false);
});

test('it is known whether a program on this machine would be believed', () => {
  for (const entries of [['127.0.0.1'], ['127.0.0.9'], ['::1'], ['0.0.0.0/0'], ['loopback']])
    assert.ok(trustsThisMachine(entries), String(entries));
  for (const entries of [[], ['198.51.100.77'], ['2001:db8::/64']])
    assert.not(trustsThisMachine(entries), String(entries));
});

test.run();
