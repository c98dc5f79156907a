/**
 * Listening on a unix socket. Guarantees: a socket that a killed process left behind is replaced, a socket in use is not,
 * and nobody beyond `mode` can connect at any moment.
 */
import { once } from 'node:events';
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { errors } from './errors.ts';

/** What the kernel of Linux takes, without the closing NUL. */
const maxPathBytes = 107;

/** `mode`: of the socket file; who may write to it may connect. The folder is made where it is missing. */
export async function listenOnUnixSocket(
  server: Server,
  path: string,
  mode = 0o600,
): Promise<void> {
  if (Buffer.byteLength(path) > maxPathBytes) throw errors.socketPathTooLong(path, maxPathBytes);
  mkdirSync(dirname(path), { recursive: true });
  await removeAbandoned(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  // The file is made while `listen` runs, and stays shut to others until its mode is set.
  const before = process.umask(0o177);
  try {
    server.listen(path, resolve);
  } finally {
    process.umask(before);
  }
  await promise.finally(() => server.off('error', reject));
  chmodSync(path, mode);
}

async function removeAbandoned(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw errors.socketPathTaken(path);
  if (await answers(path)) throw errors.socketInUse(path);
  unlinkSync(path);
}

/** Only a refused connection proves that nobody listens: anything else may be a busy process. */
async function answers(path: string): Promise<boolean> {
  const attempt = connect(path);
  try {
    await once(attempt, 'connect');
    return true;
  } catch (error) {
    return !['ECONNREFUSED', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
  } finally {
    attempt.destroy();
  }
}
