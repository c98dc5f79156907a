/** Guarantees of connections between platform and agent: whoever cannot prove who they are hears nothing. */
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { peerAddress } from './address.ts';
import { connected, connectToPeer, type PeerConnection } from './connect.ts';
import { listenForPeers } from './listen.ts';
import { peerIdentity, serverTls, sharedKey } from './shared-key.ts';

const root = await needs.root();
const scratch = mkdtempSync(join(tmpdir(), 'zlh-peers-'));
const open: Server[] = [];
const secret = 'Bearer of bad news';

test.after.each(() => {
  for (const server of open.splice(0)) server.close();
});
test.after(() => rmSync(scratch, { recursive: true }));

const me = (token = 'the token'): PeerConnection => ({
  identity: 'me',
  key: () => sharedKey(token),
});

/** Keeps what it hears, and answers `hello` and who it was told is there. */
function peer(make: (serve: (socket: Socket) => void) => Server): {
  server: Server;
  heard: () => string;
} {
  let heard = '';
  const server = make((socket) => {
    socket.on('error', () => undefined); // its other end is what the test looks at
    socket.on('data', (data) => {
      heard += data.toString();
      socket.write(`hello ${peerIdentity(socket) ?? 'somebody'}`);
    });
  });
  open.push(server);
  return { server, heard: () => heard };
}
const plain = () => peer((serve) => createServer(serve));
const shared = () =>
  peer((serve) =>
    tls.createServer(
      serverTls((identity) => (identity === 'me' ? sharedKey('the token') : null)),
      serve,
    ),
  );

/** What the peer says first, or why it says nothing. The secret is written at once, as requests are. */
async function say(address: string, as = me()): Promise<string> {
  const socket = connectToPeer(address, as);
  socket.write(secret);
  try {
    const [said] = (await once(socket, 'data')) as [Buffer];
    return said.toString();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  } finally {
    socket.destroy();
  }
}

test('an address says how both sides prove who they are, or is refused', () => {
  assert.equal(peerAddress('unix:/a/b.sock'), { kind: 'unix', path: '/a/b.sock' });
  assert.equal(peerAddress('tls-psk://10.0.0.7:18888'), {
    kind: 'tls-psk',
    host: '10.0.0.7',
    port: 18_888,
  });
  assert.equal(peerAddress('tls-psk://[::1]:0'), { kind: 'tls-psk', host: '::1', port: 0 });
  const bad = [
    'http://127.0.0.1:18888',
    'https://a',
    'unix:a.sock',
    'unix:',
    '/a',
    '',
    'tls-psk://a',
  ];
  for (const text of [
    ...bad,
    'tls-psk://a:1/b',
    'tls-psk://u@a:1',
    'tls-psk://a:1?b',
    'tls-psk://a:99999',
  ])
    assert.throws(
      () => peerAddress(text),
      ({ code }: { code: string }) => code === 'KERNEL_PEER_ADDRESS',
      text,
    );
});

test('a socket in a private folder is reached by a path of any length, and goes with its server', async () => {
  const folder = join(scratch, 'x'.repeat(200));
  const path = join(folder, 'a.sock');
  const { server, heard } = plain();
  assert.is(await listenForPeers(server, `unix:${path}`), `unix:${path}`);
  assert.equal([statSync(folder).mode & 0o777, statSync(path).mode & 0o777], [0o700, 0o600]);
  assert.is(await say(`unix:${path}`), 'hello somebody');
  assert.is(heard(), secret);
  renameSync(folder, `${folder}y`);
  server.close();
  await once(server, 'close');
  assert.not.ok(existsSync(join(`${folder}y`, 'a.sock')));
  assert.is(await say(`unix:${path}`), 'ENOENT');
});

test('what a killed process left is replaced, and what is no socket stays', async () => {
  const path = join(scratch, 'left', 'a.sock');
  const first = plain().server;
  await listenForPeers(first, `unix:${path}`);
  first.unref();
  await listenForPeers(plain().server, `unix:${path}`);
  assert.is(await say(`unix:${path}`), 'hello somebody');
  const file = join(scratch, 'left', 'file');
  writeFileSync(file, 'kept');
  const refusal = await listenForPeers(plain().server, `unix:${file}`).catch(
    ({ code }) => code as string,
  );
  assert.is(refusal, 'KERNEL_SOCKET_PATH_TAKEN');
});

test('a folder that others may enter is refused by both sides', async () => {
  const folder = join(scratch, 'open');
  mkdirSync(folder);
  chmodSync(folder, 0o711);
  const { server, heard } = plain();
  server.listen(join(folder, 'a.sock'));
  await once(server, 'listening');
  assert.is(await say(`unix:${folder}/a.sock`), 'KERNEL_SOCKET_FOLDER_EXPOSED');
  assert.is(heard(), '');
  const refusal = await listenForPeers(plain().server, `unix:${folder}/b.sock`).catch(
    ({ code }) => code as string,
  );
  assert.is(refusal, 'KERNEL_SOCKET_FOLDER_EXPOSED');
});

when(root)(
  'a folder of another user is refused, however closed it is, and so is a link to one',
  async () => {
    const folder = join(scratch, 'foreign');
    mkdirSync(folder, { mode: 0o700 });
    const { server, heard } = plain();
    server.listen(join(folder, 'a.sock'));
    await once(server, 'listening');
    chownSync(folder, 65_534, 65_534);
    assert.is(await say(`unix:${folder}/a.sock`), 'KERNEL_SOCKET_FOLDER_EXPOSED');
    assert.is(heard(), '');
  },
);

test('with a shared key both sides know each other, and everything else is refused unheard', async () => {
  const { server, heard } = shared();
  const address = await listenForPeers(server, 'tls-psk://127.0.0.1:0');
  assert.is(await say(address), 'hello me');
  assert.is(heard(), secret);
  assert.match(await say(address, me('another token')), /SSL|EPROTO/);
  assert.match(await say(address, { ...me(), identity: 'you' }), /SSL|EPROTO/);
  const { port } = peerAddress(address) as { port: number };
  const stranger = tls.connect({ port, rejectUnauthorized: false });
  const [error] = (await once(stranger, 'error')) as [Error];
  assert.match(error.message, /handshake failure/);
  const bare = connect(port, '127.0.0.1').on('error', () => undefined); // it may be reset
  bare.write('GET / HTTP/1.1\r\n\r\n');
  await once(bare, 'close');
  assert.is(heard(), secret);
});

test('who listens in the place of a peer hears nothing, not even with a certificate that the machine believes', async () => {
  // Its owner has the key of it and a name that fits.
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate]);
  let shown = 0;
  const imposters = [
    plain(),
    peer((serve) =>
      tls
        .createServer(
          { key: certificateKey, cert: certificate, SNICallback: (_, done) => done(null) },
          serve,
        )
        .on('connection', () => shown++),
    ),
    peer((serve) =>
      tls.createServer(
        serverTls(() => sharedKey('a guess')),
        serve,
      ),
    ),
  ];
  for (const { server, heard } of imposters) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    assert.not.match(await say(`tls-psk://127.0.0.1:${port}`), 'hello');
    const received = heard();
    assert.not.match(received, 'Bearer');
  }
  assert.is(shown, 1);
});

test('the key is not the token, and both sides come to the same', () => {
  assert.equal(sharedKey('a'), sharedKey('a'));
  assert.not.equal(sharedKey('a'), sharedKey('b'));
  assert.is(sharedKey('a').length, 32);
  assert.is(connected(connectToPeer('nowhere', me()).on('error', () => undefined)), 'connect');
});

/** Of CN=agent.example, for 127.0.0.1, signed by itself; made for this test. */
const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrkeJn/mjh4nttjEq
ULjz27otMZS+JWqQyZ9EcTCq2SyhRANCAATLIn2XdGgtIVqpVerP3Fg9Y8tmKmBB
TLcOXpx7xlpq9hRWmviHzX+F02rjGZHuZ6ApdoRlXIHKa4qECDyaCFpC
-----END PRIVATE KEY-----`;
const certificate = `-----BEGIN CERTIFICATE-----
MIIBojCCAUmgAwIBAgIUGG70aRgNitHTLJCZY34MUnbAoQ0wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNYWdlbnQuZXhhbXBsZTAgFw0yNjExMzAxNTEwNTNaGA8yMTI2
MTEwNjE1MTA1M1owGDEWMBQGA1UEAwwNYWdlbnQuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABMsifZd0aC0hWqlV6s/cWD1jy2YqYEFMtw5enHvGWmr2
FFaa+IfNf4XTauMZke5noCl2hGVcgcprioQIPJoIWkKjbzBtMB0GA1UdDgQWBBSY
3T4hpe6U0tg1o30NJxUVwg9lczAfBgNVHSMEGDAWgBSY3T4hpe6U0tg1o30NJxUV
wg9lczAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQTMBGHBH8AAAGCCWxvY2FsaG9z
dDAKBggqhkjOPQQDAgNHADBEAiB97zlLTjPpYpS1cEfVp0iE6uN4NU1XZG1I7tPY
Jc90qgIgL982wxM1IjAC7LMPNAgEx4K+XnWEmwSWOHWaxsZQ35E=
-----END CERTIFICATE-----`;

test.run();
