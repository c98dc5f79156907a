/** What happened to instances and what they used, written down from what their agents say, and from their silence. */
import { asClass, definePlugin } from '@zlh/kernel';
import { AgentObservers, Agents } from '@zlh/agents';
import { Database, Entities, Migrations } from '@zlh/database';
import { Routes } from '@zlh/http';
import { Hooks, Instances } from '@zlh/instances';
import { Crashes } from './crashes.ts';
import { Periods } from './periods.ts';
import { historyRoutes } from './routes.ts';
import { historyEntities, historyMigrations } from './schema.ts';
import { Usage } from './usage.ts';

export default definePlugin({
  id: 'history',
  needs: { database: Database, instances: Instances, agents: Agents },
  services: {
    crashes: asClass(Crashes).singleton(),
    periods: asClass(Periods).singleton(),
    usage: asClass(Usage).singleton(),
  },
  setup({ add }) {
    add(Entities, historyEntities);
    add(Migrations, historyMigrations);
    add(Routes, historyRoutes);
    add(AgentObservers, ({ instances, periods, crashes, usage }) => ({
      async onStatusChange(em, instanceId, status) {
        // A report may overtake the deletion of its instance.
        if ((await instances.findSummary(em, instanceId)) === null) return;
        const before = await periods.reported(em, instanceId, status);
        const missed = before === 'unreachable' || before === 'unobserved';
        await crashes.note(em, instanceId, status.crash, missed);
      },
      async onUnreachable(em, instanceId) {
        if ((await instances.findSummary(em, instanceId)) === null) return;
        await periods.enter(em, instanceId, 'unreachable');
      },
      onHeartbeat(instanceId, status) {
        periods.heard(instanceId, status);
        usage.heard(instanceId, status);
      },
    }));
    add(Hooks, {
      async deleted(em, instanceId) {
        for (const table of ['history_crash', 'history_period', 'history_usage'])
          await em.execute(`delete from ${table} where instance_id = ?`, [instanceId]);
      },
    });
  },
  async start({ crashes, periods }) {
    for (const id of await periods.begin()) crashes.want(id);
  },
  ready({ crashes, usage }) {
    crashes.begin();
    usage.begin();
  },
  async stop({ crashes, periods, usage }) {
    await crashes.end();
    await usage.end();
    await periods.end();
  },
});
