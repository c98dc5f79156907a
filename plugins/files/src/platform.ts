/**
 * Files of instances: looking at them, changing them, uploads, and what takes its time. Their agents do the
 * work.
 */
import { definePlugin } from '@zlh/kernel';
import { Accounts, Audit, Permissions } from '@zlh/accounts';
import { Agents } from '@zlh/agents';
import { Database } from '@zlh/database';
import { Routes } from '@zlh/http';
import { Instances } from '@zlh/instances';
import { OperationKinds, Operations } from '@zlh/operations';
import { actionRoutes } from './action-routes.ts';
import { contentRoutes } from './content-routes.ts';
import { READ, WRITE } from './index.ts';
import { fileKinds } from './operation-kinds.ts';
import { fileRoutes } from './routes.ts';
import { uploadRoutes } from './upload-routes.ts';

export default definePlugin({
  id: 'files',
  needs: {
    instances: Instances,
    agents: Agents,
    operations: Operations,
    database: Database,
    accounts: Accounts,
    audit: Audit,
  },
  setup({ add }) {
    for (const routes of [fileRoutes, contentRoutes, actionRoutes, uploadRoutes])
      add(Routes, routes);
    for (const kind of fileKinds) add(OperationKinds, kind);
    add(Permissions, [
      { id: READ, description: 'See and download files of instances', grantedTo: 'operator' },
      { id: WRITE, description: 'Change, upload and delete files', grantedTo: 'manager' },
    ]);
  },
});
