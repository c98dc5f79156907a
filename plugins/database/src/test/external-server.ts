/** A PostgreSQL server as a host would run it: TCP on loopback, passwords, a database for each test. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { invocation } from '../binaries.ts';

export interface ExternalServer {
  /** Makes an empty database and answers its address. */
  database(): Promise<string>;
  /** Ends it without a word to anybody, as a crash does. */
  crash(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** @param bin folder of `initdb` and `postgres` */
export async function makeExternalServer(bin: string): Promise<ExternalServer> {
  const folder = mkdtempSync(join(tmpdir(), 'zlh-pg-'));
  chmodSync(folder, 0o711);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'se:cr/et');
  const run = (program: string, args: readonly string[]) =>
    invocation(join(bin, program), args, data);
  const made = run('initdb', [
    '-D',
    data,
    '--username=host',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--no-sync',
  ]);
  mkdirSync(data, { mode: 0o700 });
  if (made.owner !== undefined)
    for (const path of [data, passwordFile]) chownSync(path, made.owner.uid, made.owner.gid);
  execFileSync(made.command, made.args, {
    cwd: '/',
    stdio: 'ignore',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const port = await freePort();
  const address = (name: string) =>
    `postgresql://host:${encodeURIComponent('se:cr/et')}@127.0.0.1:${port}/${name}`;
  let server: ChildProcess | undefined;

  const external: ExternalServer = {
    async database() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      await asking(address('postgres'), `create database ${name}`);
      return address(name);
    },
    async crash() {
      if (server === undefined) return;
      const exit = once(server, 'exit');
      server.kill('SIGQUIT');
      await exit;
      server = undefined;
    },
    async start() {
      const { command, args } = run('postgres', [
        '-D',
        data,
        '-p',
        String(port),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        `unix_socket_directories=${data}`,
        '-c',
        'fsync=off',
      ]);
      server = spawn(command, args, { cwd: '/', stdio: 'ignore' });
      while (!(await asking(address('postgres'), 'select 1'))) await wait(20); // its log is the only event it has
    },
    async remove() {
      await external.crash();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await external.start();
  return external;
}

async function asking(connectionString: string, sql: string): Promise<boolean> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined); // said by the query
  try {
    await client.connect();
    await client.query(sql);
    return true;
  } catch (error) {
    if (/ECONNREFUSED|57P03/.test((error as { code: string }).code)) return false;
    throw error;
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
