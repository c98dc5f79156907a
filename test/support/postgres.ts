/** A PostgreSQL server that is not ours: a cluster made with the machine's own programs, reached by TCP and password. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';

export interface ExternalServer {
  /** A fresh empty database; its `DATABASE_URL`. */
  database(): Promise<string>;
  /** Ends it without a word to anybody. */
  crash(): Promise<void>;
  /** Ends it in peace, to be started again. */
  rest(): Promise<void>;
  /** Again, after a crash or a rest. */
  start(): Promise<void>;
  /** For good. */
  stop(): Promise<void>;
}

/** Of its user, `zlh`; it has all that an address must escape. */
export const password = 'a password: with @ signs/';
/** PostgreSQL refuses root: it then runs as `nobody`, to whom its folder belongs. */
const nobody = 65_534;

export async function startExternalServer({
  bin,
}: {
  readonly bin: string;
}): Promise<ExternalServer> {
  const folder = await mkdtemp(join(tmpdir(), 'zlh-pg-'));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) await chown(folder, nobody, nobody);
  const as = (program: string, args: string[]): [string, string[]] =>
    asRoot
      ? ['setpriv', [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', program, ...args]]
      : [program, args];

  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o644 });
  const data = join(folder, 'data');
  await promisify(execFile)(
    ...as(join(bin, 'initdb'), [
      '-D',
      data,
      '-U',
      'zlh',
      '-A',
      'scram-sha-256',
      '--pwfile',
      passwordFile,
      '-N',
    ]),
    { cwd: '/' },
  );
  const port = await freePort();
  const options = [
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
  ];
  let server = await launch(...as(join(bin, 'postgres'), options));
  const address = (name: string) =>
    `postgres://zlh:${encodeURIComponent(password)}@127.0.0.1:${port}/${name}`;
  let made = 0;
  return {
    async database() {
      const client = new Client({ connectionString: address('postgres') });
      await client.connect();
      const name = `scenario_${++made}`;
      await client.query(`create database ${name}`);
      await client.end();
      return address(name);
    },
    crash: () => end(server, 'SIGQUIT'),
    rest: () => end(server, 'SIGINT'),
    async start() {
      server = await launch(...as(join(bin, 'postgres'), options));
    },
    async stop() {
      await end(server, 'SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(command: string, args: readonly string[]): Promise<ChildProcess> {
  const server = spawn(command, args, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`the server ended: ${said}`)));
  });
  return server;
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill(signal);
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
