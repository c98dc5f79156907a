/** Durable operations: `OperationKinds`, their queue in the database, the worker that runs them, and their routes. */
import { asClass, asValue, definePlugin, monotonicClock } from '@zlh/kernel';
import { Grants, Permissions } from '@zlh/accounts';
import { Database, Entities, Migrations } from '@zlh/database';
import { Events } from '@zlh/events';
import { Metrics } from '@zlh/metrics';
import { ReadinessChecks, Routes } from '@zlh/http';
import { PortalParts } from '@zlh/portal';
import { Type } from 'typebox';
import { OperationKinds, Operations } from './index.ts';
import { DurableOperations } from './operations.ts';
import { OperationMeter, operationMetrics } from './operation-metrics.ts';
import { operationRoutes } from './routes.ts';
import { operationEntities, operationMigrations } from './schema.ts';
import { Worker } from './worker.ts';
import { portalParts } from './portal-parts.ts';

export default definePlugin({
  id: 'operations',
  config: Type.Object({
    concurrency: Type.Integer({
      default: 16,
      minimum: 1,
      maximum: 500,
      description: 'Operations this process runs at once.',
    }),
    keepDays: Type.Integer({
      default: 90,
      minimum: 1,
      description: 'Days for which finished operations are kept.',
    }),
    leaseSeconds: Type.Integer({
      default: 15,
      minimum: 2,
      maximum: 25,
      description:
        'A process that gives no sign of life for this many seconds (frozen, cut off) loses its operations to another one.',
    }),
  }),
  needs: { database: Database, events: Events, grants: Grants, kinds: OperationKinds },
  services: {
    operations: asClass(DurableOperations).singleton(),
    meter: asClass(OperationMeter).singleton(),
    worker: asClass(Worker).singleton(),
    clock: asValue(monotonicClock),
  },
  provides: { operations: Operations },
  setup({ add }) {
    add(Entities, operationEntities);
    add(Migrations, operationMigrations);
    add(PortalParts, portalParts);
    add(Routes, operationRoutes);
    add(Permissions, [
      {
        id: 'operations.read',
        description: 'See operations and their progress',
        grantedTo: 'viewer',
      },
      {
        id: 'operations.write',
        description: 'Cancel and retry operations',
        grantedTo: 'manager',
      },
    ]);
    for (const metric of operationMetrics) add(Metrics, metric);
    add(ReadinessChecks, ({ worker }) => ({
      name: 'operations',
      check: async () => worker.health(),
    }));
  },
  ready: ({ worker }) => worker.open(),
  drain: ({ worker }) => worker.drain(),
  stop: ({ worker }) => worker.close(),
});
