/**
 * The password of the embedded PostgreSQL, in a file of the home that is the platform's alone. A game
 * without a sandbox may reach the socket of the server, and is not let in. Guarantees: a server of an
 * earlier release, which let in everybody, asks for the password from the next start on. Each step of that
 * change may be repeated.
 */
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';
import { Client, type ClientConfig } from 'pg';

/** SQLSTATE `invalid_password`, `invalid_authorization_specification` */
const refusals = ['28P01', '28000'];
const onlyWithPassword = '# Written by ZeroLagHub.\nlocal all all scram-sha-256\n';

export const passwordFile = (home: string) => join(home, 'postgres.password');

/** Made once: written aside and linked, so that a crash leaves all of it or nothing. */
export function makePassword(home: string): string {
  const path = passwordFile(home);
  if (!existsSync(path)) {
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, `${randomBytes(24).toString('base64url')}\n`, {
      mode: 0o600,
      flush: true,
    });
    try {
      linkSync(fresh, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was faster
    } finally {
      rmSync(fresh, { force: true });
    }
  }
  return readFileSync(path, 'utf8').trim();
}

/** Whether the server of the folder lets in whoever comes. */
export function trustsEverybody(data: string): boolean {
  const lines = readFileSync(rulesOf(data), 'utf8').split('\n');
  return lines.some((line) => /^\s*(local|host)\b.*\btrust\s*$/.test(line));
}

/** Gives a running server that trusts everybody its password, and has it ask for that. */
export async function requirePassword(data: string, server: ClientConfig): Promise<void> {
  const client = new Client({ ...server, database: 'postgres' });
  await client.connect();
  try {
    const password = client.escapeLiteral(String(server.password));
    // The server keeps no statements, and this one would be none that its log tells.
    await client.query(`alter role ${client.escapeIdentifier(client.user!)} password ${password}`);
    const { uid, gid } = statSync(rulesOf(data));
    const fresh = `${rulesOf(data)}.new`;
    writeFileSync(fresh, onlyWithPassword, { mode: 0o600, flush: true });
    if (process.getuid!() === 0) chownSync(fresh, uid, gid);
    renameSync(fresh, rulesOf(data));
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
}

/** The server answers, but not to this password. */
export function isRefusal(error: unknown): boolean {
  return refusals.includes(String((error as { code?: unknown }).code));
}

export function wrongPassword(home: string, cause: unknown): CodedError {
  const rules = rulesOf(join(home, 'postgres', 'data'));
  return new CodedError(
    'DATABASE_WRONG_PASSWORD',
    `The embedded PostgreSQL does not take the password in "${passwordFile(home)}".`,
    `Put that file back from a backup; or write "local all all trust" into "${rules}", and the next start sets a new password.`,
    { cause },
  );
}

const rulesOf = (data: string) => join(data, 'pg_hba.conf');
