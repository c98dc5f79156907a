/** Mods and plugins of instances: a set for each, kept here, and arranged by their agents. */
import { Audit, Permissions } from '@zlh/accounts';
import { Agents } from '@zlh/agents';
import { ArtifactStore } from '@zlh/artifacts';
import { Importers, Upstreams } from '@zlh/catalog';
import { Database, Entities, Migrations } from '@zlh/database';
import { Routes } from '@zlh/http';
import { Hooks, Instances, SpecParts } from '@zlh/instances';
import { asClass, definePlugin } from '@zlh/kernel';
import { OperationKinds, Operations } from '@zlh/operations';
import { Type } from 'typebox';
import { READ, WRITE } from './index.ts';
import { Collector } from './jar/collector.ts';
import { letGo } from './jar/holdings.ts';
import { uploadImporter, Uploads } from './jar/uploads.ts';
import { Mods } from './mods.ts';
import { changeOperation, partOf } from './operation.ts';
import { modrinthImporter } from './publisher/importer.ts';
import { modRoutes } from './routes.ts';
import { modEntities, modMigrations, writeSet } from './schema.ts';

export default definePlugin({
  id: 'mods',
  config: Type.Object({
    modrinthUrl: Type.String({
      default: 'https://api.modrinth.com',
      pattern: '^https?://\\S+[^/]$',
      patternErrorMessage: 'must begin with http:// or https:// and not end in a slash',
      description: "Base address of Modrinth's API; set a mirror's where there is one.",
    }),
    uploadMiBPerInstance: Type.Integer({
      default: 1024,
      minimum: 0,
      maximum: 1_048_576,
      description:
        'Most that the uploaded mods of one instance may take in the artifact store, in MiB, with those kept for rolling back.',
    }),
  }),
  needs: {
    agents: Agents,
    artifactStore: ArtifactStore,
    audit: Audit,
    database: Database,
    instances: Instances,
    operations: Operations,
    upstreams: Upstreams,
  },
  services: {
    mods: asClass(Mods).singleton(),
    uploads: asClass(Uploads).singleton(),
    collector: asClass(Collector).singleton(),
  },
  setup({ add, config }) {
    add(Entities, modEntities);
    add(Migrations, modMigrations);
    add(Importers, (use) => modrinthImporter(use, () => config.modrinthUrl));
    add(Importers, uploadImporter);
    add(SpecParts, { part: partOf });
    add(OperationKinds, changeOperation);
    add(Hooks, ({ collector }) => ({
      async deleted(em, instanceId) {
        await writeSet(em, instanceId, []);
        collector.follow(await letGo(em, instanceId));
      },
    }));
    add(Routes, modRoutes);
    add(Permissions, [
      { id: READ, description: 'See and search mods of instances', grantedTo: 'operator' },
      { id: WRITE, description: 'Install, change and remove mods', grantedTo: 'manager' },
    ]);
  },
  start: ({ uploads }) => uploads.open(),
  ready: ({ collector }) => collector.begin(),
  drain: ({ collector }) => collector.end(),
});
