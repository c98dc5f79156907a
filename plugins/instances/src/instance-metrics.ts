/** How many instances there are, by what was last seen of them. */
import type { Database } from '@zlh/database';
import type { Metric } from '@zlh/metrics';

export function instanceMetrics(use: { readonly database: Database }): Metric {
  return {
    name: 'zlh_instances',
    help: 'Instances by kind, observed state and readiness; the same from every process.',
    type: 'gauge',
    async collect() {
      const rows = await use.database
        .fork()
        .execute<{ kind: string; observed: string; ready: boolean; count: number }[]>(
          'select kind, observed, ready, count(*)::int as count from instances_instance group by kind, observed, ready',
        );
      return rows.map(({ kind, observed, ready, count }) => ({
        labels: { kind, observed, ready: String(ready) },
        value: count,
      }));
    },
  };
}
