/** Games and runtimes on offer, importers, and the artifact store. */
import { Permissions } from '@zlh/accounts';
import { Database, Entities, Migrations } from '@zlh/database';
import { Routes } from '@zlh/http';
import { InstanceKinds } from '@zlh/instances';
import { asClass, asFunction, Checks, StartLines, Commands, definePlugin } from '@zlh/kernel';
import { artifactRoute } from './artifact-route.ts';
import { importCommand, verifyCommand } from './commands.ts';
import { gameKind } from './game-kind.ts';
import { gamesCheck } from './games-check.ts';
import { gamesLine } from './games-line.ts';
import { ownImporters } from './importers/own-importers.ts';
import { ArtifactStore } from '@zlh/artifacts';
import { Catalog, Games, Importers, Runtimes, Upstreams } from './index.ts';
import { TemplateCatalog } from './offer/catalog.ts';
import { Refresher } from './offer/refresher.ts';
import { UpstreamVersions } from './offer/upstream-versions.ts';
import { catalogRoutes } from './routes.ts';
import { addressesFrom, createClient, limitFrom, Settings } from './settings.ts';
import { ImportingArtifactStore } from './store/artifact-store.ts';
import { openBlobStore, workFolder } from './store/open-blob-store.ts';
import { sweepImports } from './store/run-import.ts';
import { catalogEntities, catalogMigrations } from './store/schema.ts';
import { makeUpstreams } from './upstream/upstreams.ts';

export default definePlugin({
  id: 'catalog',
  config: Settings,
  needs: { database: Database, games: Games, runtimes: Runtimes, importers: Importers },
  services: {
    client: asFunction(createClient)
      .singleton()
      .disposer((client) => client.close()),
    addresses: asFunction(addressesFrom).singleton(),
    limit: asFunction(limitFrom).singleton(),
    upstreams: asFunction(makeUpstreams).singleton(),
    blobs: asFunction(openBlobStore).singleton(),
    workFolder: asFunction(workFolder).singleton(),
    artifactStore: asClass(ImportingArtifactStore).singleton(),
    upstreamVersions: asClass(UpstreamVersions).singleton(),
    catalog: asClass(TemplateCatalog).singleton(),
    refresher: asClass(Refresher).singleton(),
  },
  provides: { catalog: Catalog, artifactStore: ArtifactStore, upstreams: Upstreams },
  setup({ add }) {
    add(Entities, catalogEntities);
    add(Migrations, catalogMigrations);
    add(Permissions, [
      { id: 'catalog.read', description: 'See the games and runtimes on offer' },
      { id: 'catalog.manage', description: 'See the artifacts in store', administrator: true },
    ]);
    add(InstanceKinds, gameKind);
    for (const importer of ownImporters) add(Importers, importer);
    add(Routes, catalogRoutes);
    add(Routes, (use) => [artifactRoute(use)]);
    add(Commands, importCommand);
    add(Commands, verifyCommand);
    add(Checks, gamesCheck);
    add(StartLines, gamesLine);
  },
  async start({ blobs, catalog }) {
    await blobs.open();
    await catalog.open();
  },
  async ready({ refresher, workFolder, database }) {
    await sweepImports(workFolder, database);
    refresher.start();
  },
  stop: ({ refresher }) => refresher.stop(),
});
