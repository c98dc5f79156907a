/**
 * Makes the ORM's pool outlive its server. Guarantees: a server that is away refuses in words, one that is silent at once; a connection that
 * broke goes back to the pool. Kysely, on which the ORM builds, keeps the connection of a transaction whose `begin` or
 * `rollback` failed for good: each loss of the server would cost the connections that were in use, until none is left.
 */
import type { Pool, PoolClient } from 'pg';
import { translated, unreachable } from './unreachable.ts';

interface Availability {
  readonly isSilent: boolean;
}

export function guardPool(pool: Pool, availability: Availability): void {
  const connect = pool.connect.bind(pool) as (done?: unknown) => Promise<PoolClient>;
  pool.connect = ((done?: unknown) => {
    // The pool's own query() brings a callback.
    if (done !== undefined) return connect(done);
    if (availability.isSilent) return Promise.reject(unreachable(undefined));
    return connect().catch(rethrow);
  }) as typeof pool.connect;
  pool.on('connect', watch);
}

function watch(client: PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const watched = (...args: unknown[]) => {
    const answer = query(...args);
    if (!(answer instanceof Promise)) return answer;
    const ends = /^(begin|start transaction|rollback)\b(?! to)/.test(String(args[0]));
    return answer.catch((error: unknown) => {
      if (ends) discard(client);
      return rethrow(error);
    });
  };
  client.query = watched as typeof client.query;
}

function rethrow(error: unknown): never {
  throw translated(error);
}

function discard(client: PoolClient): void {
  try {
    client.release(true);
  } catch {
    // It was given back after all.
  }
}
