/** Routes of `agent-releases`: for administrators, since what runs beside every server is the host's business. */
import type { Audit } from '@zlh/accounts';
import type { Database } from '@zlh/database';
import { defineRoute, type Identity, type Route } from '@zlh/http';
import { InstanceView, type Instances } from '@zlh/instances';
import { OperationView, type Operations } from '@zlh/operations';
import { Type } from 'typebox';
import { updateKind } from './operation.ts';

interface Use {
  readonly instances: Instances;
  readonly operations: Operations;
  readonly database: Database;
  readonly audit: Audit;
}

const permission = 'agent-releases.update';

export function releaseRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      url: '/api/instances/:id/update-agent',
      summary: 'Bring the agent of an instance to the release of this platform; its server runs on',
      access: { permission },
      schema: {
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: { 202: Type.Object({ instance: InstanceView, operation: OperationView }) },
      },
      handler: ({ params: { id }, identity }) => begin(use, id, identity),
    }),
  ];
}

async function begin(
  { instances, operations, database, audit }: Use,
  id: string,
  identity: Identity,
) {
  const operation = await database.transaction(async (em) => {
    const { name, ownerId } = await instances.admit(em, id, identity, permission);
    await audit.record(em, {
      action: updateKind,
      actor: identity.label,
      userId: identity.id,
      instanceId: id,
      data: { name },
      frequent: true,
    });
    return operations.start(em, {
      kind: updateKind,
      title: `Updating the agent of ${name}`,
      instanceId: id,
      ownerId,
      requestedBy: identity.label,
      input: {},
    });
  });
  return { instance: await instances.get(id, identity), operation };
}
