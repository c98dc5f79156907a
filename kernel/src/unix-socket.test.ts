/** Guarantees of listening on a unix socket. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listenOnUnixSocket } from './unix-socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'zlh-socket-'));
const open: Server[] = [];
test.after.each(() => open.splice(0).forEach((server) => server.close()));
test.after(() => rmSync(folder, { recursive: true }));

function server(): Server {
  const made = createServer((socket) => socket.on('error', () => socket.destroy()).end('hello'));
  open.push(made);
  return made;
}

const codeOf = async (work: Promise<void>) =>
  work.then(
    () => undefined,
    (error: { code: string }) => error.code,
  );

test('a folder that is missing is made, and the socket has the mode that was asked for', async () => {
  const path = join(folder, 'made', 'here', 'a.sock');
  await listenOnUnixSocket(server(), path, 0o660);
  assert.is(statSync(path).mode & 0o777, 0o660);
  const [heard] = (await once(connect(path), 'data')) as [Buffer];
  assert.is(heard.toString(), 'hello');
});

test('a socket that a killed process left behind is replaced', async () => {
  const path = join(folder, 'left.sock');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  assert.throws(() => execFileSync(process.execPath, ['-e', script]));
  assert.ok(statSync(path).isSocket());
  await listenOnUnixSocket(server(), path);
  assert.is(statSync(path).mode & 0o777, 0o600);
});

test('a socket in use and a file of another kind stay as they are', async () => {
  const used = join(folder, 'used.sock');
  await listenOnUnixSocket(server(), used);
  assert.is(await codeOf(listenOnUnixSocket(server(), used)), 'KERNEL_SOCKET_IN_USE');
  await once(connect(used), 'data');
  const file = join(folder, 'file');
  writeFileSync(file, 'kept');
  assert.is(await codeOf(listenOnUnixSocket(server(), file)), 'KERNEL_SOCKET_PATH_TAKEN');
  assert.ok(statSync(file).isFile());
});

test('a path that is too long is refused before anything is made', async () => {
  const path = join(folder, 'x'.repeat(100), 'a.sock');
  assert.is(await codeOf(listenOnUnixSocket(server(), path)), 'KERNEL_SOCKET_PATH_TOO_LONG');
  assert.is(statSync(join(folder, 'x'.repeat(100)), { throwIfNoEntry: false }), undefined);
});

test.run();
