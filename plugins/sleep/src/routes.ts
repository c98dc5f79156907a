/** The API of sleep: one setting of an instance. */
import type { Audit } from '@zlh/accounts';
import type { Database } from '@zlh/database';
import { defineRoute, type Route } from '@zlh/http';
import type { Instances } from '@zlh/instances';
import { Type } from 'typebox';
import type { Sleep } from './sleep.ts';
import { SleepSettings, SleepView } from './view.ts';

interface Deps {
  readonly database: Database;
  readonly instances: Instances;
  readonly audit: Audit;
  readonly sleep: Sleep;
}

const url = '/api/instances/:id/sleep';
const params = Type.Object({ id: Type.String({ format: 'uuid' }) });

export function sleepRoutes(deps: Deps): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url,
      summary: 'Get when an instance goes to sleep, and whether it sleeps',
      access: { permission: 'sleep.read' },
      schema: { params, response: { 200: SleepView } },
      async handler({ params: { id }, identity }) {
        const em = deps.database.fork();
        await deps.instances.admit(em, id, identity, 'sleep.read');
        return deps.sleep.view(em, id);
      },
    }),
    defineRoute({
      method: 'PUT',
      url,
      summary: 'Set when an instance goes to sleep',
      access: { permission: 'sleep.write' },
      schema: { params, body: SleepSettings, response: { 200: SleepView } },
      handler: ({ params: { id }, body, identity }) =>
        deps.database.transaction(async (em) => {
          const { name } = await deps.instances.admit(em, id, identity, 'sleep.write');
          await deps.sleep.set(em, id, body);
          await deps.audit.record(em, {
            action: 'sleep.set',
            actor: identity.label,
            userId: identity.id,
            instanceId: id,
            data: { name, ...body },
          });
          return deps.sleep.view(em, id);
        }),
    }),
  ];
}
