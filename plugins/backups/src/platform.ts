/** Backups of instances: the routes, the operations, and the endpoint of the agents. */
import { Accounts, Audit, Permissions } from '@zlh/accounts';
import { Agents } from '@zlh/agents';
import { Database, Entities, Migrations } from '@zlh/database';
import { Routes } from '@zlh/http';
import { Hooks, Instances } from '@zlh/instances';
import { asClass, definePlugin } from '@zlh/kernel';
import { OperationKinds, Operations } from '@zlh/operations';
import { PortalParts } from '@zlh/portal';
import { BlobStore } from '@zlh/storage';
import { Type } from 'typebox';
import { agentBackupRoutes } from './agent-routes.ts';
import { Backups } from './backups.ts';
import { CleanUp } from './clean-up.ts';
import { CREATE, MANAGE, READ } from './index.ts';
import { createOperation, restoreOperation } from './operation-kinds.ts';
import { Parts } from './parts.ts';
import { portalParts } from './portal-parts.ts';
import { backupRoutes } from './routes.ts';
import { Backup, backupEntities, backupMigrations } from './schema.ts';

export default definePlugin({
  id: 'backups',
  config: Type.Object({
    maxPerInstance: Type.Integer({
      default: 20,
      minimum: 1,
      maximum: 10_000,
      description: 'How many backups an instance may have, without checkpoints.',
    }),
    maxCheckpoints: Type.Integer({
      default: 3,
      minimum: 1,
      maximum: 100,
      description: 'How many checkpoints of restores an instance keeps besides; pinned ones stay.',
    }),
    maxSizeMiB: Type.Integer({
      default: 102_400,
      minimum: 8,
      maximum: 131_072,
      description: 'The largest backup, in MiB as stored.',
    }),
  }),
  needs: {
    accounts: Accounts,
    audit: Audit,
    agents: Agents,
    database: Database,
    instances: Instances,
    operations: Operations,
    blobs: BlobStore,
  },
  services: {
    parts: asClass(Parts).singleton(),
    backups: asClass(Backups).singleton(),
    cleanUp: asClass(CleanUp).singleton(),
  },
  setup({ add }) {
    add(Entities, backupEntities);
    add(Migrations, backupMigrations);
    add(Routes, backupRoutes);
    add(Routes, agentBackupRoutes);
    add(PortalParts, portalParts);
    add(OperationKinds, createOperation);
    add(OperationKinds, restoreOperation);
    add(Permissions, [
      { id: READ, description: 'See the backups of instances', grantedTo: 'viewer' },
      { id: CREATE, description: 'Make backups of instances', grantedTo: 'operator' },
      { id: MANAGE, description: 'Restore, rename, pin and delete backups', grantedTo: 'manager' },
    ]);
    // The bytes go with the instance; the clean-up takes them away.
    add(Hooks, {
      async deleted(em, instanceId) {
        await em.nativeUpdate(Backup, { instanceId }, { state: 'deleting' });
      },
    });
  },
  ready({ cleanUp }) {
    cleanUp.start();
  },
  async stop({ cleanUp }) {
    await cleanUp.stop();
  },
});
