/** The client for agents, who they are, and what they report. */
import { asClass, definePlugin } from '@zlh/kernel';
import { Database, Entities, Migrations, Vault } from '@zlh/database';
import { Events } from '@zlh/events';
import { Authenticators, Routes } from '@zlh/http';
import { Type } from 'typebox';
import { AgentObservers, Agents } from './index.ts';
import { AgentsService } from './agents.ts';
import { agentAuthenticator } from './identity.ts';
import { Reports, reportRoutes } from './reports.ts';
import { agentEntities, agentMigrations } from './schema.ts';

export default definePlugin({
  id: 'agents',
  config: Type.Object({
    silentAfterSeconds: Type.Integer({
      default: 35,
      minimum: 5,
      maximum: 3600,
      description:
        'An agent that was not heard for this long is shown as unreachable. Agents report every 10 s.',
    }),
  }),
  needs: { database: Database, vault: Vault, events: Events, observers: AgentObservers },
  services: { agents: asClass(AgentsService).singleton(), reports: asClass(Reports).singleton() },
  provides: { agents: Agents },
  setup({ add }) {
    add(Entities, agentEntities);
    add(Migrations, agentMigrations);
    add(Authenticators, agentAuthenticator);
    add(Routes, reportRoutes);
  },
  ready: ({ reports }) => reports.watch(),
  async stop({ agents, reports }) {
    await reports.stop();
    await agents.close();
  },
});
