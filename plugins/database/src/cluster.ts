/**
 * The embedded PostgreSQL: a real server in `<home>/postgres`, reachable through a unix socket alone. It is
 * made once, atomically; it survives a killed platform, whose successor attaches to it; and it ends, cleanly,
 * with a platform that stops.
 */
import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CodedError, type Logger } from '@zlh/kernel';
import { Client } from 'pg';
import { findBinaries, invocation } from './binaries.ts';
import { isRefusal, makePassword, requirePassword, trustsEverybody } from './password.ts';
import { clearAway, endPostmaster, findPostmaster, type Postmaster } from './postmaster.ts';
import { assertOurs, makeSocketFolder, socketFolderOf } from './socket-folder.ts';

export interface Cluster {
  /** Folder of the socket; `host` for clients. */
  readonly host: string;
  readonly user: string;
  readonly password: string;
  isRunning(): boolean;
  /** Once it has ended: starts it again where clients expect it, or finds that another process of the home did. */
  restart(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

interface Site {
  readonly binaries: string;
  /** `<home>/postgres` */
  readonly folder: string;
  readonly data: string;
  readonly password: string;
  readonly signal: AbortSignal;
}

const user = 'zlh';
/** A server that says it is ready but does not answer for this long has lost its socket: it is started again. */
const deafAfterMs = 5000;
/** The children of a server that was killed hold its memory for a moment. */
const memoryFreeWithinMs = 10_000;
/** In bytes; it writes its log of changes in pieces of 16 MiB. */
const leastRoom = 20 * 2 ** 20;

const settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  jit: 'off',
  logging_collector: 'on',
  log_directory: 'log',
  log_filename: 'postgresql-%a.log',
  log_truncate_on_rotation: 'on',
  log_rotation_age: '1d',
  log_rotation_size: '0',
  log_min_messages: 'warning',
};

/** Rejects when the signal aborts, leaving nothing running that was not running before. */
export async function startCluster(
  home: string,
  log: Logger,
  signal: AbortSignal,
): Promise<Cluster> {
  const folder = join(home, 'postgres');
  const data = join(folder, 'data');
  if (existsSync(data)) assertReadable(data);
  const password = makePassword(home);
  const site: Site = { binaries: findBinaries(), folder, data, password, signal };
  mkdirSync(folder, { recursive: true });
  // The server runs as somebody else there, who must get through.
  chmodSync(folder, process.getuid!() === 0 ? 0o711 : 0o700);
  if (!existsSync(site.data)) await initialise(site);
  const survivor = await findSurvivor(site);
  if (survivor !== undefined)
    log.info({ pid: survivor.pid }, 'attached to the PostgreSQL that was still running');
  const { pid: first, host } = survivor ?? (await launch(site, socketFolderOf(home)));
  let pid = first;
  if (trustsEverybody(data)) {
    await requirePassword(data, { host, port: 5432, user, password });
    log.info('the embedded PostgreSQL asks for a password from here on');
  }
  return {
    host,
    user,
    password,
    isRunning: () => findPostmaster(site.data)?.pid === pid,
    async restart(until) {
      const again: Site = { ...site, signal: until };
      ({ pid } = (await findSurvivor(again)) ?? (await launch(again, host)));
    },
    async stop() {
      if (!(await endPostmaster(pid))) log.error({ pid }, 'the embedded PostgreSQL does not end');
    },
  };
}

/** Into a folder of its own first: a crash half way leaves nothing that looks like a database. */
async function initialise({ binaries, folder, data, password, signal }: Site): Promise<void> {
  for (const name of readdirSync(folder)) {
    if (name.startsWith('new-'))
      rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
  }
  const fresh = join(folder, `new-${process.pid}`);
  const secret = `${fresh}.password`;
  const args = [
    '-D',
    fresh,
    `--username=${user}`,
    '--auth=scram-sha-256',
    `--pwfile=${secret}`,
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
    '--no-instructions',
  ];
  const { command, args: full, owner } = invocation(join(binaries, 'bin', 'initdb'), args, fresh);
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(secret, password, { mode: 0o600 });
  // `initdb` reads it, perhaps as another user.
  if (owner !== undefined)
    for (const path of [fresh, secret]) chownSync(path, owner.uid, owner.gid);
  try {
    await promisify(execFile)(command, full, { cwd: '/', env: environment(), signal });
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true, maxRetries: 5 });
    assertRoom(folder);
    const { stderr, message } = cause as { stderr?: string; message: string };
    const said = (stderr || message).trim().split('\n').at(-1);
    throw new CodedError(
      'DATABASE_INIT_FAILED',
      `The embedded PostgreSQL could not be set up: ${said}`,
      'Check free space and permissions of the home, or set DATABASE_URL to a server of your own.',
      { cause },
    );
  } finally {
    rmSync(secret, { force: true });
  }
  renameSync(fresh, data);
  const entry = openSync(folder, 'r');
  fsyncSync(entry); // a crash of the machine must not take back the name, and with it all that was written since
  closeSync(entry);
}

/** Why it does not start, where that is the reason: its own words are of files. */
function assertRoom(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= leastRoom) return;
  throw new CodedError(
    'DATABASE_DISK_FULL',
    'The disk that holds the embedded PostgreSQL is full.',
    'Free at least 100 MiB on it (it is the one of "postgres" in the home), then start again.',
  );
}

function assertReadable(data: string): void {
  const { uid } = statSync(data);
  if ([0, uid].includes(process.getuid!())) return;
  throw new CodedError(
    'DATABASE_FOREIGN_FOLDER',
    `The database in "${data}" belongs to another user (uid ${uid}).`,
    'Start the platform as that user or as root, or give the folder to this user with "chown -R".',
  );
}

/** The server that a killed platform left, once it can be used; undefined when there is none, or none any more. */
async function findSurvivor(site: Site): Promise<{ pid: number; host: string } | undefined> {
  const { data, signal } = site;
  const deadline = performance.now() + deafAfterMs;
  for (let found = findPostmaster(data); found !== undefined; found = findPostmaster(data)) {
    if (found.state === 'ready' && (await answers(found, site)))
      return { pid: found.pid, host: found.socketFolder };
    if (found.state === 'ready' && performance.now() > deadline) await endPostmaster(found.pid);
    await wait(20, undefined, { signal });
  }
  return undefined;
}

async function answers({ socketFolder }: Postmaster, { data, password }: Site): Promise<boolean> {
  const client = new Client({
    host: socketFolder,
    port: 5432,
    user,
    password,
    database: 'postgres',
    connectionTimeoutMillis: 2000,
  });
  client.on('error', () => undefined); // said by the answer
  try {
    assertOurs(socketFolder, statSync(data).uid);
    await client.connect();
    return true;
  } catch (error) {
    // A server that stops, or lost its socket, refuses otherwise. The next client tells of a wrong password.
    return isRefusal(error);
  } finally {
    await client.end();
  }
}

async function launch(site: Site, host: string): Promise<{ pid: number; host: string }> {
  const { binaries, folder, data } = site;
  const logFile = join(folder, 'start.log');
  const options = Object.entries({ ...settings, unix_socket_directories: host }).flatMap(
    ([name, value]) => ['-c', `${name}=${value}`],
  );
  const { command, args, owner } = invocation(
    join(binaries, 'bin', 'postgres'),
    ['-D', data, ...options],
    data,
  );
  makeSocketFolder(host, owner);
  clearAway(data, host);
  for (
    const deadline = performance.now() + memoryFreeWithinMs;
    ;
    await wait(50, undefined, { signal: site.signal })
  ) {
    const pid = await launchOnce(site, command, args, logFile);
    if (pid !== undefined) return { pid, host };
    const said = readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join(' ');
    if (/pre-existing shared memory/.test(said) && performance.now() < deadline) continue;
    assertRoom(data);
    throw new CodedError(
      'DATABASE_START_FAILED',
      `The embedded PostgreSQL did not start: ${said || 'it said nothing'}`,
      `Its log is in ${join(data, 'log')}; "zlh doctor" checks the machine.`,
    );
  }
}

/** Its pid once it is ready, undefined when it ended before. */
async function launchOnce(
  { data, signal }: Site,
  command: string,
  args: readonly string[],
  logFile: string,
): Promise<number | undefined> {
  const out = openSync(logFile, 'w', 0o600);
  const child = spawn(command, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', out, out],
    env: environment(),
  });
  closeSync(out);
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  child.unref();
  // oxlint-disable-next-line eslint/no-unmodified-loop-condition -- its signal is what changes
  // oxlint-disable-next-line eslint/no-unmodified-loop-condition -- its events change it
  while (!ended) {
    const found = findPostmaster(data);
    if (found?.pid === child.pid && found?.state === 'ready') return found.pid;
    try {
      await wait(5, undefined, { signal });
    } catch (aborted) {
      if (child.pid !== undefined) await endPostmaster(child.pid);
      throw aborted;
    }
  }
  return undefined;
}

/** Nothing of ours: no secrets in the environment of a server that does not need them. */
function environment(): NodeJS.ProcessEnv {
  // By the mark the test runner finds what a test left running.
  const { PATH = '/usr/local/bin:/usr/bin:/bin', ZLH_TEST_PROCESS } = process.env;
  return {
    PATH,
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(ZLH_TEST_PROCESS === undefined ? {} : { ZLH_TEST_PROCESS }),
  };
}
