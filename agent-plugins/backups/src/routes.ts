/** The platform asks for a backup or a restore; each is an operation of the agent. */
import type { AgentRouteModule, OperationQueue } from '@zlh/agent';
import { BackupRequest } from './index.ts';

export function backupRoutes(queue: OperationQueue): AgentRouteModule {
  const bodyLimit = 65_536;
  return (app) => {
    for (const [url, kind] of [
      ['/game/backups', 'backups.create'],
      ['/game/backups/restore', 'backups.restore'],
    ] as const)
      app.post<{ Body: BackupRequest }>(
        url,
        { schema: { body: BackupRequest }, bodyLimit },
        async ({ body: { operationId, input } }, reply) =>
          reply.code(202).send({ operation: queue.submit(operationId, kind, input) }),
      );
  };
}
