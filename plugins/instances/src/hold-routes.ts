/** `/api/instances/:id/suspension`: the hold of administrators. */
import type { Database } from '@zlh/database';
import { defineRoute, type Route } from '@zlh/http';
import { Type } from 'typebox';
import type { InstancesService } from './instances.ts';
import { InstanceView } from './view.ts';

interface Deps {
  readonly instances: InstancesService;
  readonly database: Database;
}

export const holdPermission = 'instances.hold';
const source = 'administrator';
const params = Type.Object({ id: Type.String({ format: 'uuid' }) });
const body = Type.Object({
  detail: Type.String({
    minLength: 1,
    maxLength: 300,
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
    patternErrorMessage: 'must hold no control characters',
    description: 'For the owner: why, and what ends it.',
  }),
});

export function holdRoutes(use: Deps): readonly Route[] {
  const access = { permission: holdPermission };
  return [
    defineRoute({
      method: 'PUT',
      url: '/api/instances/:id/suspension',
      summary: 'Suspend an instance: stop it, and refuse every start',
      access,
      schema: { params, body, response: { 200: InstanceView } },
      async handler({ params: { id }, body: { detail }, identity }) {
        const code = 'instances.suspended';
        await use.database.transaction(async (em) => {
          await use.instances.admit(em, id, identity, holdPermission);
          await use.instances.hold(em, id, { source, code, detail }, identity.label);
        });
        return use.instances.get(id, identity);
      },
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/instances/:id/suspension',
      summary: 'End the suspension of an instance; it stays stopped',
      access,
      schema: { params, response: { 200: InstanceView } },
      async handler({ params: { id }, identity }) {
        await use.database.transaction(async (em) => {
          await use.instances.admit(em, id, identity, holdPermission);
          await use.instances.release(em, id, source, identity.label);
        });
        return use.instances.get(id, identity);
      },
    }),
  ];
}
