/**
 * One import at a time per source, over all processes of the platform. The lock is a session-level advisory
 * lock of PostgreSQL on a connection of its own: when its holder dies, however it dies, the lock is free.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { advisoryLocks, type Database } from '@zlh/database';

/** Keeps these locks apart from other advisory locks on the same database. */
const lockClass = advisoryLocks.imports;
const retryMs = 250;

/**
 * Runs `work` while holding the lock. Its signal aborts as well when the connection breaks, for then the lock is
 * gone and another process may begin.
 */
export async function withImportLock<T>(
  database: Database,
  key: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const client = await database.connect('catalog import');
  const broken = new AbortController();
  client.on('error', (error) => broken.abort(error));
  client.on('end', () =>
    broken.abort(new Error('The connection that holds the import lock ended.')),
  );
  try {
    const either = AbortSignal.any([signal, broken.signal]);
    while (!(await tryLock(client, key))) await delay(retryMs, undefined, { signal: either });
    return await work(either);
  } finally {
    await client.end();
  }
}

/** Runs `work` if nobody holds the lock. */
export async function ifUnlocked(
  database: Database,
  key: string,
  work: () => Promise<void>,
): Promise<void> {
  const client = await database.connect('catalog sweep');
  client.on('error', () => {}); // the query or `end` below rejects with it
  try {
    if (await tryLock(client, key)) await work();
  } finally {
    await client.end();
  }
}

async function tryLock(
  client: Awaited<ReturnType<Database['connect']>>,
  key: string,
): Promise<boolean> {
  const number = Buffer.from(key.slice(0, 8), 'hex').readInt32BE();
  const { rows } = await client.query<{ held: boolean }>(
    'select pg_try_advisory_lock($1, $2) as held',
    [lockClass, number],
  );
  return rows[0]?.held === true;
}
