/**
 * The embedded PostgreSQL: a real server in `<home>/postgres`, reachable through a unix socket alone. It is
 * made once, atomically; it survives a killed platform, whose successor attaches to it; and it ends, cleanly,
 * with a platform that stops.
 */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CodedError, type Logger } from '@zlh/kernel';
import { findBinaries, invocation } from './binaries.ts';

export interface Cluster {
  /** Folder of the socket; `host` for clients. */
  readonly host: string;
  readonly user: string;
  stop(): Promise<void>;
}

const user = 'zlh';
/** `sun_path` holds 107 characters, and PostgreSQL appends `/.s.PGSQL.5432.lock`. */
const longestSocketFolder = 107 - '/.s.PGSQL.5432.lock'.length;

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

export async function startCluster(home: string, log: Logger): Promise<Cluster> {
  const binaries = findBinaries();
  const folder = join(home, 'postgres');
  const data = join(folder, 'data');
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const host = socketFolder(home);
  if (!existsSync(data)) await initialise(binaries, folder, data);
  const running = findPostmaster(data);
  if (running !== undefined) {
    log.info({ pid: running }, 'attached to the PostgreSQL that was still running');
    return { host, user, stop: () => stopPostmaster(running) };
  }
  const pid = await launch(binaries, folder, data, host);
  return { host, user, stop: () => stopPostmaster(pid) };
}

/** Into a folder of its own first: a crash half way leaves nothing that looks like a database. */
async function initialise(binaries: string, folder: string, data: string): Promise<void> {
  const fresh = join(folder, `new-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  const args = ['-D', fresh, `--username=${user}`, '--auth=trust', '--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8', '--no-instructions'];
  const { command, args: full, owner } = invocation(join(binaries, 'bin', 'initdb'), args, fresh);
  mkdirSync(fresh, { mode: 0o700 });
  if (owner !== undefined) chownSync(fresh, owner.uid, owner.gid);
  try {
    await promisify(execFile)(command, full, { cwd: '/', env: environment() });
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    const said = String((cause as { stderr?: string }).stderr ?? cause).trim().split('\n').at(-1);
    throw new CodedError('DATABASE_INIT_FAILED', `The embedded PostgreSQL could not be set up: ${said}`, 'Check free space and permissions of the home, or set DATABASE_URL to a server of your own.', { cause });
  }
  renameSync(fresh, data);
}

async function launch(binaries: string, folder: string, data: string, host: string): Promise<number> {
  const logFile = join(folder, 'start.log');
  const out = openSync(logFile, 'w', 0o600);
  const options = Object.entries({ ...settings, unix_socket_directories: host }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { command, args, owner } = invocation(join(binaries, 'bin', 'postgres'), ['-D', data, ...options], data);
  mkdirSync(host, { recursive: true, mode: 0o700 });
  if (owner !== undefined) chownSync(host, owner.uid, owner.gid);
  const child = spawn(command, args, { cwd: '/', detached: true, stdio: ['ignore', out, out], env: environment() });
  closeSync(out);
  const ended = new AbortController();
  child.once('exit', () => ended.abort());
  child.once('error', () => ended.abort());
  child.unref();
  while (!ended.signal.aborted) {
    if (stateOf(data) === 'ready') return findPostmaster(data) ?? child.pid!;
    await wait(5);
  }
  const said = readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join(' ');
  throw new CodedError('DATABASE_START_FAILED', `The embedded PostgreSQL did not start: ${said || 'it said nothing'}`, `Its log is in ${join(data, 'log')}; "zlh doctor" checks the machine.`);
}

/** Fast shutdown: open transactions are rolled back, everything committed is kept. */
async function stopPostmaster(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    const deadline = performance.now() + 10_000;
    while (isAlive(pid) && performance.now() < deadline) await wait(5);
  }
}

/** `postmaster.pid` outlives a crash of the machine, and its number may belong to somebody else by then. */
function findPostmaster(data: string): number | undefined {
  const [line] = pidFile(data);
  const pid = Number(line);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(data) ? pid : undefined;
  } catch {
    return undefined; // it ended between the two looks
  }
}

function stateOf(data: string): string {
  return pidFile(data)[7]?.trim() ?? '';
}

function pidFile(data: string): string[] {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return []; // not running
  }
}

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false; // gone
  }
}

function socketFolder(home: string): string {
  const inside = join(home, 'postgres', 'run');
  if (inside.length <= longestSocketFolder) return inside;
  const short = createHash('sha256').update(home).digest('hex').slice(0, 16);
  return join(tmpdir(), `zlh-${short}`);
}

/** Nothing of ours: no secrets in the environment of a server that does not need them. */
function environment(): NodeJS.ProcessEnv {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', ZLH_TEST_MARK } = process.env;
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...(ZLH_TEST_MARK === undefined ? {} : { ZLH_TEST_MARK }) };
}

