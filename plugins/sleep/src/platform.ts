/** Servers that stop when nobody plays, and start when somebody joins. */
import { Accounts, Audit, Permissions } from '@zlh/accounts';
import { AgentObservers } from '@zlh/agents';
import { Database, Entities, Migrations } from '@zlh/database';
import { Routes } from '@zlh/http';
import { Hooks, Instances } from '@zlh/instances';
import { asClass, asFunction, definePlugin } from '@zlh/kernel';
import { Wakers } from '@zlh/routing';
import { EmptyServers } from './empty-servers.ts';
import { sleepRoutes } from './routes.ts';
import { sleepEntities, sleepMigrations } from './schema.ts';
import { Sleep } from './sleep.ts';

export default definePlugin({
  id: 'sleep',
  needs: { database: Database, accounts: Accounts, audit: Audit, instances: Instances },
  services: {
    emptyServers: asFunction(() => new EmptyServers()).singleton(),
    sleep: asClass(Sleep).singleton(),
  },
  setup({ add }) {
    add(Entities, sleepEntities);
    add(Migrations, sleepMigrations);
    add(Routes, sleepRoutes);
    add(Wakers, ({ sleep }) => sleep);
    add(AgentObservers, ({ sleep, emptyServers }) => ({
      async onStatusChange(em, instanceId, { state }) {
        if (state === 'starting') await sleep.started(em, instanceId);
      },
      onHeartbeat: (instanceId, status) => emptyServers.heard(instanceId, status),
      onUnreachable: async (_em, instanceId) => emptyServers.forget(instanceId),
    }));
    add(Hooks, ({ sleep }) => ({
      deleted: (em, instanceId) => sleep.forget(em, instanceId),
    }));
    add(Permissions, [
      { id: 'sleep.read', description: 'See when a server goes to sleep', grantedTo: 'viewer' },
      { id: 'sleep.write', description: 'Set when a server goes to sleep', grantedTo: 'manager' },
    ]);
  },
  ready: ({ sleep }) => sleep.begin(),
  drain: ({ sleep }) => sleep.end(),
});
