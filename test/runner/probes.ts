/**
 * Finds the components that tests ask for.
 *
 * Each probe answers how to reach the component, or throws an error whose message says why it
 * counts as missing. A probe tries the thing itself where a file's name alone may lie.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Debian keeps servers and games in folders that are not on everybody's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/games'];

/** Where a PostgreSQL server's programs are. */
export interface PostgresServer {
  /** The folder that holds `initdb`, `postgres` and `pg_ctl`. */
  readonly bin: string;
  /** The major version, `15`. */
  readonly version: number;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent and not executable are one answer here
  }
}

function find(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...systemFolders];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Runs it to the end; `undefined` when it fails or takes too long. */
async function answer(command: string, args: string[], timeout = 20_000) {
  try {
    const { stdout } = await execute(command, args, { timeout, killSignal: 'SIGKILL' });
    return stdout;
  } catch {
    return undefined; // the caller says what that means
  }
}

export function command(name: string): string {
  const path = find(name);
  if (path === undefined) throw new Error(`no program "${name}" on the PATH`);
  return path;
}

/** Packages of games that scenarios play, and the version of each that Debian 12 has. */
const debianGames = {
  openttd: '13.0',
  'minetest-server': '5.6.1',
  'teeworlds-server': '0.7.5',
  'freeciv-server': '3.0.6',
};

/** `true` when the machine's apt offers the games that scenarios play. */
export async function debianPackages(): Promise<true> {
  const offered = await answer(command('apt-cache'), ['madison', ...Object.keys(debianGames)]);
  command('dpkg-deb');
  for (const [name, version] of Object.entries(debianGames)) {
    const line = new RegExp(
      `^\\s*${name} \\|\\s*(\\d+:)?${version.replaceAll('.', '\\.')}[-+]`,
      'm',
    );
    if (!line.test(offered ?? '')) throw new Error(`apt offers no ${name} ${version}`);
  }
  return true;
}

export async function chromium(): Promise<string> {
  const named = process.env.ZLH_TEST_CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const paths = named === undefined ? names.map(find) : [named];
  const candidates = paths.filter((path) => path !== undefined);
  for (const path of candidates) {
    // Some distributions put a script there that only tells how to install it.
    if ((await answer(path, ['--version'])) !== undefined) return path;
  }
  if (candidates.length === 0) throw new Error('no chromium on the PATH or in ZLH_TEST_CHROMIUM');
  throw new Error(`${candidates.join(', ')} does not start`);
}

function postgresFolders(): string[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  const onPath = find('initdb');
  return [
    ...(process.env.ZLH_TEST_POSTGRES === undefined ? [] : [process.env.ZLH_TEST_POSTGRES]),
    ...newestFirst.map((version) => join(debian, version, 'bin')),
    ...(onPath === undefined ? [] : [dirname(onPath)]),
  ];
}

export async function postgresServer(): Promise<PostgresServer> {
  for (const bin of postgresFolders()) {
    if (!['initdb', 'pg_ctl'].every((name) => isExecutable(join(bin, name)))) continue;
    const version = /\b(\d+)[.\d]*/.exec((await answer(join(bin, 'postgres'), ['-V'])) ?? '')?.[1];
    if (version !== undefined) return { bin, version: Number(version) };
  }
  throw new Error('no initdb, pg_ctl and postgres on the PATH or in /usr/lib/postgresql');
}

export async function npmRegistry(): Promise<string> {
  const npm = find('npm');
  if (npm === undefined) throw new Error('no npm client on the PATH');
  const question = ['view', 'uvu', 'version', '--fetch-retries=0', '--fetch-timeout=15000'];
  if (!/^\d+\./.test((await answer(npm, question, 30_000)) ?? '')) {
    throw new Error('the registry that npm is configured for does not answer');
  }
  return npm;
}

export function root(): true {
  if (process.getuid?.() !== 0) throw new Error('the tests do not run as root');
  return true;
}

/** Tries it in a mount namespace of its own, where it leaves nothing. */
export async function mounts(): Promise<true> {
  const attempt = ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'];
  if (process.getuid?.() !== 0 || (await answer(command('unshare'), attempt)) === undefined) {
    throw new Error('this user may not mount disks');
  }
  return true;
}

export async function networkNamespaces(): Promise<true> {
  const unshare = command('unshare');
  command('ip');
  const asUser = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  if ((await answer(unshare, [...asUser, '--net', 'true'])) === undefined) {
    throw new Error('this user may not make network namespaces');
  }
  return true;
}
