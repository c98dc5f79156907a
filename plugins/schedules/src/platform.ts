/** Schedules of instances: `ScheduledActions`, their routes, and the clockwork that runs each of them once. */
import { asClass, definePlugin, optional } from '@zlh/kernel';
import { Accounts, Audit, Permissions } from '@zlh/accounts';
import { Agents } from '@zlh/agents';
import { Database, Entities, Migrations } from '@zlh/database';
import { Events } from '@zlh/events';
import { Routes } from '@zlh/http';
import { Hooks, Instances } from '@zlh/instances';
import { OperationKinds, Operations } from '@zlh/operations';
import { Clockwork } from './clockwork.ts';
import { Clock, ScheduledActions } from './index.ts';
import { ownActions } from './own-actions.ts';
import { scheduleRoutes } from './routes.ts';
import { scheduleEntities, scheduleMigrations } from './schema.ts';
import { Schedules } from './schedules.ts';
import { tellOperation } from './tell.ts';

export default definePlugin({
  id: 'schedules',
  needs: {
    database: Database,
    events: Events,
    operations: Operations,
    instances: Instances,
    agents: Agents,
    accounts: Accounts,
    audit: Audit,
    actions: ScheduledActions,
    clock: optional(Clock),
  },
  services: {
    schedules: asClass(Schedules).singleton(),
    clockwork: asClass(Clockwork).singleton(),
  },
  setup({ add }) {
    add(Entities, scheduleEntities);
    add(Migrations, scheduleMigrations);
    add(Routes, scheduleRoutes);
    add(OperationKinds, tellOperation);
    for (const action of ownActions) add(ScheduledActions, action);
    add(Hooks, ({ schedules }) => ({
      deleted: (em, instanceId) => schedules.forget(em, instanceId),
    }));
    add(Permissions, [
      { id: 'schedules.read', description: 'See schedules', grantedTo: 'operator' },
      {
        id: 'schedules.write',
        description: 'Make, change and delete schedules of what you may do yourself',
        grantedTo: 'manager',
      },
    ]);
  },
  ready: ({ clockwork }) => clockwork.begin(),
  drain: ({ clockwork }) => clockwork.end(),
});
