/** Files of instances: looking at them, changing them, uploads, and what takes its time. Their agents do the work. */
import { definePlugin } from '@zlh/kernel';
import { Audit, Permissions } from '@zlh/accounts';
import { Agents } from '@zlh/agents';
import { Database } from '@zlh/database';
import { Routes } from '@zlh/http';
import { Instances } from '@zlh/instances';
import { Operations } from '@zlh/operations';
import { contentRoutes } from './content-routes.ts';
import { READ, WRITE } from './index.ts';
import { fileRoutes } from './routes.ts';

export default definePlugin({
  id: 'files',
  needs: {
    instances: Instances,
    agents: Agents,
    operations: Operations,
    database: Database,
    audit: Audit,
  },
  setup({ add, use }) {
    add(Routes, [...fileRoutes(use), ...contentRoutes(use)]);
    add(Permissions, [
      { id: READ, description: 'See and download files of instances', grantedTo: 'operator' },
      { id: WRITE, description: 'Change, upload and delete files', grantedTo: 'manager' },
    ]);
  },
});
