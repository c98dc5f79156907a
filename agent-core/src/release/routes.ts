/** `POST /update`: becomes another release of the agent. */
import { UpdateRequest, type OperationReply } from '../contract/messages.ts';
import type { AgentRouteModule } from '../contract/points.ts';
import type { Operations } from '../operations/operations.ts';

export const updateRoutes =
  (operations: Operations): AgentRouteModule =>
  (app) => {
    app.post<{ Body: UpdateRequest }>(
      '/update',
      { schema: { body: UpdateRequest } },
      (request, reply): OperationReply => {
        reply.code(202);
        const { operationId } = request.body;
        return { operation: operations.submit(operationId, 'update', request.body) };
      },
    );
  };
