/** Backups and restores inside an agent, as operations that outlive it. */
import {
  ActionRunner,
  AgentOperations,
  AgentRoutes,
  DataFolder,
  OperationQueue,
  PlatformLink,
  Processes,
} from '@zlh/agent';
import { StagingArea } from '@zlh/agent/fs';
import { asFunction, definePlugin, type Logger } from '@zlh/kernel';
import { createKind } from './create.ts';
import type { Deps } from './deps.ts';
import { clearLeftovers } from './leftovers.ts';
import { restoreKind } from './restore.ts';
import { backupRoutes } from './routes.ts';
import { Saving } from './saving.ts';

type Needs = Pick<Deps, 'data' | 'actions' | 'processes' | 'platform'> & { readonly log: Logger };

function makeBackups({ data, actions, processes, platform, log }: Needs): Deps {
  const folder = data.stateFolder('backups');
  const staging = new StagingArea(folder, data.path, log);
  const saving = new Saving({ folder, actions, processes, log });
  return { data, actions, processes, platform, log, staging, saving };
}

export default definePlugin({
  id: 'agent-backups',
  needs: {
    data: DataFolder,
    actions: ActionRunner,
    processes: Processes,
    platform: PlatformLink,
    queue: OperationQueue,
  },
  services: { backups: asFunction(makeBackups).singleton() },
  setup({ add }) {
    add(AgentRoutes, ({ queue }) => backupRoutes(queue));
    add(AgentOperations, ({ backups }) => createKind(backups));
    add(AgentOperations, ({ backups }) => restoreKind(backups));
  },
  async start({ backups }) {
    await backups.staging.begin();
  },
  async ready({ backups, queue }) {
    await clearLeftovers(backups, queue);
    backups.saving.recover();
  },
  async stop({ backups }) {
    backups.saving.close();
    await backups.staging.close();
  },
});
