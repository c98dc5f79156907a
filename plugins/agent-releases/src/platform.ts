/** Releases of the agent: built from this installation, kept as artifacts, and brought to running agents. */
import { Audit, Permissions } from '@zlh/accounts';
import { Agents } from '@zlh/agents';
import { ArtifactStore } from '@zlh/artifacts';
import { Importers } from '@zlh/catalog';
import { Database } from '@zlh/database';
import { Routes } from '@zlh/http';
import { Instances } from '@zlh/instances';
import { asClass, definePlugin } from '@zlh/kernel';
import { OperationKinds, Operations } from '@zlh/operations';
import { Type } from 'typebox';
import { releaseImporter } from './importer.ts';
import { AgentReleases } from './index.ts';
import { updateOperation } from './operation.ts';
import { StoredReleases } from './releases.ts';
import { releaseRoutes } from './routes.ts';

export default definePlugin({
  id: 'agent-releases',
  config: Type.Object({
    agentConfig: Type.Optional(
      Type.String({
        description: 'Configuration file of the agents in a release; default: config/agent.ts.',
      }),
    ),
  }),
  needs: {
    agents: Agents,
    instances: Instances,
    operations: Operations,
    artifactStore: ArtifactStore,
    database: Database,
    audit: Audit,
  },
  services: { releases: asClass(StoredReleases).singleton() },
  provides: { releases: AgentReleases },
  setup({ add, config }) {
    add(
      Importers,
      releaseImporter(() => config.agentConfig),
    );
    add(OperationKinds, updateOperation);
    add(Routes, releaseRoutes);
    add(Permissions, [
      {
        id: 'agent-releases.update',
        description: 'Bring agents to the release of the platform',
        administrator: true,
      },
    ]);
  },
});
