/** The client for agents, who they are, and what they report. */
import { asClass, asValue, definePlugin, monotonicClock } from '@zlh/kernel';
import { Database, Entities, Migrations, Vault } from '@zlh/database';
import { Events } from '@zlh/events';
import { Authenticators, Http, Routes } from '@zlh/http';
import { Type } from 'typebox';
import { AgentObservers, Agents } from './index.ts';
import { AgentsService } from './agents.ts';
import { agentAuthenticator } from './identity.ts';
import { AgentListener } from './listener.ts';
import { Reports, reportRoutes } from './reports.ts';
import { agentEntities, agentMigrations } from './schema.ts';

const networkAddress = '^tls-psk://[^\\s]+$';

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
    listen: Type.Optional(
      Type.String({
        pattern: networkAddress,
        patternErrorMessage: 'must be "tls-psk://", a host and a port',
        description:
          'Where the platform listens for agents on other machines, like tls-psk://10.0.0.1:4001; default: nowhere. Those of this machine have a unix socket in the home.',
      }),
    ),
    advertise: Type.Optional(
      Type.String({
        pattern: networkAddress,
        patternErrorMessage: 'must be "tls-psk://", a host and a port',
        description: 'How agents on other machines reach that address; default: as it is.',
      }),
    ),
  }),
  needs: {
    database: Database,
    vault: Vault,
    events: Events,
    http: Http,
    observers: AgentObservers,
    routes: Routes,
  },
  services: {
    clock: asValue(monotonicClock),
    agents: asClass(AgentsService).singleton(),
    reports: asClass(Reports).singleton(),
    listener: asClass(AgentListener).singleton(),
  },
  provides: { agents: Agents },
  setup({ add }) {
    add(Entities, agentEntities);
    add(Migrations, agentMigrations);
    add(Authenticators, agentAuthenticator);
    add(Routes, reportRoutes);
  },
  async ready({ listener, reports }) {
    await listener.listen();
    reports.watch();
  },
  drain: ({ listener }) => listener.drain(),
  async stop({ agents, listener, reports }) {
    listener.close();
    await reports.stop();
    await agents.close();
  },
});
