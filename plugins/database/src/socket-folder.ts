/**
 * Where the socket of the embedded server lies: in the home, or, where the path would be too long for a socket, in the
 * system's folder for temporary files. Who can put a socket there can play the server, so the folder must be ours alone.
 */
import { createHash } from 'node:crypto';
import { chmodSync, lchownSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';

/** `sun_path` holds 107 bytes, and PostgreSQL appends a name. */
const longest = 107 - '/.s.PGSQL.5432.lock'.length;

export function socketFolderOf(home: string): string {
  const inside = join(home, 'postgres', 'run');
  if (Buffer.byteLength(inside) <= longest) return inside;
  return join(tmpdir(), `zlh-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`);
}

/** Makes the folder for the user the server runs as. */
export function makeSocketFolder(
  folder: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  assertOurs(folder, owner?.uid);
  if (owner !== undefined) lchownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
}

/** Somebody else may have made a folder, or a link, of that name in the temporary folder before us. */
export function assertOurs(folder: string, serverUid: number | undefined): void {
  const found = lstatSync(folder);
  if (found.isDirectory() && [process.getuid?.(), serverUid].includes(found.uid)) return;
  throw new CodedError(
    'DATABASE_FOREIGN_SOCKET',
    `The folder for the database's socket, "${folder}", belongs to another user.`,
    'Remove it, or use a home (ZLH_HOME) with a shorter path.',
  );
}
