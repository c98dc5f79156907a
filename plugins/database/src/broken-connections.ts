/**
 * Gives broken connections back to the pool. Kysely, on which the ORM builds, keeps the connection of a transaction
 * whose `begin` or `rollback` failed for good: each loss of the server would cost the pool the connections that were
 * in use, until none is left and every caller waits for ever.
 */
import type { Pool, PoolClient } from 'pg';

export function giveBackBroken(pool: Pool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    const watched = (...args: unknown[]) => {
      const answer = query(...args);
      if (/^(begin|start transaction|rollback)\b(?! to)/.test(String(args[0])))
        answer.catch(() => discard(client));
      return answer;
    };
    client.query = watched as typeof client.query;
  });
}

function discard(client: PoolClient): void {
  try {
    client.release(true);
  } catch {
    // It was given back after all.
  }
}
