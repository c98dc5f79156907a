/** The connections of this process to the database. Some that wait, for long, mean that the pool is too small. */
import type { Metric } from '@zlh/metrics';
import type { PostgresDatabase } from './database.ts';

export function poolMetrics(use: { readonly database: PostgresDatabase }): Metric {
  return {
    name: 'zlh_database_pool',
    help: 'Connections of this process by state; "waiting" are requests for one.',
    type: 'gauge',
    collect() {
      const { pool } = use.database;
      if (pool === undefined) return [];
      const { totalCount, idleCount, waitingCount } = pool;
      return [
        { labels: { state: 'used' }, value: totalCount - idleCount },
        { labels: { state: 'idle' }, value: idleCount },
        { labels: { state: 'waiting' }, value: waitingCount },
      ];
    },
  };
}
