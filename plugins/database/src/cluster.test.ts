/** Promises of the embedded PostgreSQL: made whole or not at all, kept through every crash, ended with its platform. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { Client } from 'pg';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { Database } from './index.ts';
import database from './platform.ts';
import { passwordFile } from './password.ts';
import { endPostmaster, findPostmaster } from './postmaster.ts';
import { socketFolderOf } from './socket-folder.ts';
import { spawnApp, startApp, type App } from './test/start-app.ts';

const root = await needs.root();
const nobody = 65_534;
let home: string;

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'zlh-db-'));
  chmodSync(home, 0o711);
});
test.after.each(async () => {
  const server = findPostmaster(data());
  if (server !== undefined) await endPostmaster(server.pid);
  rmSync(home, { recursive: true, force: true });
});

const data = () => join(home, 'postgres', 'data');
const start = (settings: Record<string, unknown> = {}) =>
  startTestKernel({
    plugins: [database],
    home,
    config: { database: settings },
    logLevel: 'silent',
  });
const rows = (kernel: TestKernel) =>
  kernel.use(Database).fork().execute<{ n: number }[]>('select n from kept order by n');
const add = (kernel: TestKernel, n: number) =>
  kernel
    .use(Database)
    .fork()
    .execute(`create table if not exists kept (n int); insert into kept values (${n})`);
async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

test('what was written is there after the next start, and a stopped platform leaves no server', async () => {
  const first = await start();
  await add(first, 1);
  await first.stop();
  assert.is(findPostmaster(data()), undefined);
  const second = await start();
  assert.equal(await rows(second), [{ n: 1 }]);
  await second.stop();
});

test('a platform that was killed leaves a server to which the next one attaches', async () => {
  const app = await startApp({ home });
  const { pid } = findPostmaster(data())!;
  await app.kill();
  const kernel = await start();
  assert.is(findPostmaster(data())!.pid, pid);
  await add(kernel, 1);
  await kernel.stop();
  assert.is(findPostmaster(data()), undefined);
});

test('a server that was killed is started again with all that was committed, whatever its pid file says', async () => {
  const app = await startApp({ home });
  process.kill(findPostmaster(data())!.pid, 'SIGKILL');
  await app.kill();
  // The number belongs to another program by now: to this one.
  const lines = readFileSync(join(data(), 'postmaster.pid'), 'utf8').split('\n');
  writeFileSync(join(data(), 'postmaster.pid'), [process.pid, ...lines.slice(1)].join('\n'));
  const kernel = await start();
  await add(kernel, 1);
  await kernel.stop();
});

when(root)(
  'a game that bears the number of a dead server, and its words, is no server',
  async () => {
    const app = await startApp({ home });
    process.kill(findPostmaster(data())!.pid, 'SIGKILL');
    await app.kill();
    const game = spawn('sh', ['-c', 'read word', '-D', data()], { uid: 200_001, gid: 200_001 });
    await once(game, 'spawn');
    const lines = readFileSync(join(data(), 'postmaster.pid'), 'utf8').split('\n');
    writeFileSync(join(data(), 'postmaster.pid'), [game.pid, ...lines.slice(1)].join('\n'));
    assert.is(findPostmaster(data()), undefined);
    const kernel = await start();
    await add(kernel, 1);
    await kernel.stop();
    assert.is(game.exitCode ?? game.signalCode, null, 'nor is it harmed');
    game.kill('SIGKILL');
  },
);

test('a server that is just stopping is waited for, and then started again', async () => {
  const app = await startApp({ home });
  const { pid } = findPostmaster(data())!;
  await app.kill();
  process.kill(pid, 'SIGINT');
  const kernel = await start();
  assert.is.not(findPostmaster(data())!.pid, pid);
  await kernel.stop();
});

test('a platform killed while the database is being made leaves nothing half', async () => {
  mkdirSync(join(home, 'postgres'), { mode: 0o711 });
  const begun = new Promise<void>((resolve) => {
    const watching = watch(join(home, 'postgres'), () => {
      watching.close();
      resolve();
    });
  });
  const { child, told } = spawnApp({ home });
  told.catch(() => undefined); // it is killed before it can tell
  await begun;
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.not.ok(existsSync(data()));
  const kernel = await start();
  assert.equal(
    readdirSync(join(home, 'postgres')).filter((name) => name.startsWith('new-')),
    [],
  );
  await kernel.stop();
});

/** Comes to the socket with this password, or none; the answer's code, or `in`. */
async function knock(password?: string): Promise<string> {
  const server = { host: socketFolderOf(home), port: 5432, user: 'zlh', database: 'postgres' };
  const client = new Client({ ...server, ...(password === undefined ? {} : { password }) });
  try {
    await client.connect();
    return 'in';
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  } finally {
    await client.end();
  }
}
const passwordOf = () => readFileSync(passwordFile(home), 'utf8').trim();

test('the server lets in nobody without the password that lies in the home for its owner alone', async () => {
  const kernel = await start();
  assert.is(statSync(passwordFile(home)).mode & 0o777, 0o600);
  assert.is.not(await knock(), 'in');
  assert.is(await knock('a guess'), '28P01');
  assert.is(await knock(passwordOf()), 'in');
  await kernel.stop();
});

test('a stopped server of an earlier release asks for a password after the next start', () =>
  migrates((app) => app.stop()));
test('a server of an earlier release that still runs asks for a password after the next start', () =>
  migrates((app) => app.kill()));

async function migrates(leave: (app: App) => Promise<void>): Promise<void> {
  const app = await startApp({ home });
  const server = { host: socketFolderOf(home), port: 5432, user: 'zlh', database: 'postgres' };
  const client = new Client({ ...server, password: passwordOf() });
  await client.connect();
  writeFileSync(join(data(), 'pg_hba.conf'), 'local   all   all   trust\n');
  await client.query('alter role zlh password null');
  await client.query('select pg_reload_conf()');
  await client.end();
  while ((await knock()) !== 'in'); // the server reads its rules again when it comes to it
  rmSync(passwordFile(home));
  await leave(app);
  const kernel = await start();
  while ((await knock()) === 'in');
  assert.is(await knock(passwordOf()), 'in');
  await kernel.stop();
}

test('a password that the server does not take is said, with the way out, which works', async () => {
  await (await start()).stop();
  rmSync(passwordFile(home));
  assert.match(await refusal(() => start()), 'does not take the password in');
  writeFileSync(join(data(), 'pg_hba.conf'), 'local all all trust\n');
  const kernel = await start();
  await kernel.stop();
  await (await start()).stop();
});

test('a home whose path is too long for a socket works, and its socket is ours alone', async () => {
  home = join(home, 'x'.repeat(90));
  mkdirSync(home, { mode: 0o711 });
  const kernel = await start();
  const folder = socketFolderOf(home);
  assert.not.ok(folder.startsWith(home));
  assert.is(statSync(folder).mode & 0o777, 0o700);
  await kernel.stop();
  rmSync(folder, { recursive: true });
});

test('a link where the socket of a long home would lie is not followed', async () => {
  home = join(home, 'y'.repeat(90));
  mkdirSync(home, { mode: 0o711 });
  const target = join(home, 'target');
  mkdirSync(target, { mode: 0o755 });
  symlinkSync(target, socketFolderOf(home));
  assert.match(await refusal(() => start()), 'belongs to another user');
  assert.is(statSync(target).mode & 0o777, 0o755);
  rmSync(socketFolderOf(home));
});

when(root)('an ordinary user has a database, and root can go on with it', async () => {
  chownSync(home, nobody, nobody);
  const app = await startApp({ home, uid: nobody });
  assert.is(app.error, undefined);
  assert.is(statSync(data()).uid, nobody);
  await app.stop();
  const kernel = await start();
  await add(kernel, 1);
  await kernel.stop();
});

when(root)("root's database is not for an ordinary user, who is told so", async () => {
  await (await start()).stop();
  chownSync(home, 1, 1);
  rmSync(join(home, 'vault.key'));
  assert.match((await startApp({ home, uid: 1 })).error!, 'belongs to another user');
});

when(root)('root has a database also where no other user can reach it', async () => {
  chmodSync(home, 0o700);
  const kernel = await start();
  assert.is(statSync(data()).uid, 0);
  await add(kernel, 1);
  await kernel.stop();
});

test('of a server that cannot be reached the reason is said, and where its address comes from', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  const message = await refusal(() =>
    start({ url: `postgresql://somebody:secret@127.0.0.1:${port}/zlh` }),
  );
  assert.match(message, 'The PostgreSQL server cannot be used: connect ECONNREFUSED');
  assert.not.match(message, 'secret');
  assert.match(
    await refusal(() => start({ url: 'http://[' })),
    'The PostgreSQL server cannot be used',
  );
});

test('a damaged data folder is said with the words of PostgreSQL', async () => {
  await (await start()).stop();
  renameSync(join(data(), 'global'), join(data(), 'gone'));
  assert.match(await refusal(() => start()), /did not start: .*global/);
});

test.run();
