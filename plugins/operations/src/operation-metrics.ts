/** Figures of operations: how many wait and run, for all processes together, and how long those took that ended here. */
import type { Database } from '@zlh/database';
import { Histogram, type Metric } from '@zlh/metrics';

const buckets = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

export class OperationMeter {
  readonly seconds = new Histogram(buckets);

  ended(kind: string, state: string, createdAt: Date | string): void {
    const seconds = Math.max(0, Date.now() - new Date(createdAt).getTime()) / 1000;
    this.seconds.observe(`${kind} ${state}`, () => ({ kind, state }), seconds);
  }
}

interface Deps {
  readonly meter: OperationMeter;
  readonly database: Database;
}

export const operationMetrics: readonly ((deps: Deps) => Metric)[] = [
  ({ database }) => ({
    name: 'zlh_operations',
    help: 'Operations that are queued or running, by kind; the same from every process.',
    type: 'gauge',
    async collect() {
      const rows = await database.fork().execute<{ kind: string; state: string; count: number }[]>(
        `select kind, state, count(*)::int as count from operations_operation
           where state in ('queued', 'running') group by kind, state`,
      );
      return rows.map(({ kind, state, count }) => ({ labels: { kind, state }, value: count }));
    },
  }),
  ({ meter }) => ({
    name: 'zlh_operation_duration_seconds',
    help: 'From its request to its end, of operations that ended in this process, by kind and state.',
    type: 'histogram',
    buckets,
    collect: () => meter.seconds.collect(),
  }),
];
