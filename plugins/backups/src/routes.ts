/** `/api/instances/:id/backups`: the routes for people. */
import { defineRoute, type Route } from '@zlh/http';
import { InstanceView } from '@zlh/instances';
import { OperationView } from '@zlh/operations';
import { Type } from 'typebox';
import type { Backups } from './backups.ts';
import { BackupView, ChangeBackup, CREATE, CreateBackup, MANAGE, READ } from './index.ts';

const uuid = Type.String({ format: 'uuid' });
const ofInstance = Type.Object({ id: uuid });
const ofBackup = Type.Object({ id: uuid, backupId: uuid });
const Begun = Type.Object(
  { instance: InstanceView, operation: OperationView, backupId: uuid },
  { title: 'BackupBegun' },
);
const url = '/api/instances/:id/backups';

export function backupRoutes(use: { readonly backups: Backups }): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url,
      summary: 'List the backups of an instance, newest first',
      access: { permission: READ },
      schema: {
        params: ofInstance,
        response: {
          200: Type.Object({ items: Type.Array(BackupView), nextCursor: Type.Null() }),
        },
      },
      handler: async ({ params: { id }, identity }) => ({
        items: [...(await use.backups.list(id, identity))],
        nextCursor: null,
      }),
    }),
    defineRoute({
      method: 'POST',
      url,
      summary: 'Make a backup',
      description: 'The server runs on where its game can save while it runs.',
      access: { permission: CREATE },
      idempotent: true,
      schema: { params: ofInstance, body: CreateBackup, response: { 202: Begun } },
      handler: ({ params: { id }, body, identity }) => use.backups.create(id, body, identity),
    }),
    defineRoute({
      method: 'GET',
      url: `${url}/:backupId`,
      summary: 'Get a backup',
      access: { permission: READ },
      schema: { params: ofBackup, response: { 200: BackupView } },
      handler: ({ params: { id, backupId }, identity }) => use.backups.get(id, backupId, identity),
    }),
    defineRoute({
      method: 'PATCH',
      url: `${url}/:backupId`,
      summary: 'Rename or pin a backup',
      access: { permission: MANAGE },
      schema: { params: ofBackup, body: ChangeBackup, response: { 200: BackupView } },
      handler: ({ params: { id, backupId }, body, identity }) =>
        use.backups.change(id, backupId, body, identity),
    }),
    defineRoute({
      method: 'DELETE',
      url: `${url}/:backupId`,
      summary: 'Delete a backup for good',
      access: { permission: MANAGE },
      schema: { params: ofBackup, response: { 204: Type.Null() } },
      async handler({ params: { id, backupId }, identity }, reply) {
        await use.backups.remove(id, backupId, identity);
        return reply.code(204).send();
      },
    }),
    defineRoute({
      method: 'POST',
      url: `${url}/:backupId/restore`,
      summary: 'Restore a backup',
      description:
        'Replaces the files; a checkpoint of them is made before, and the result names it.',
      access: { permission: MANAGE },
      idempotent: true,
      schema: { params: ofBackup, response: { 202: Begun } },
      handler: ({ params: { id, backupId }, identity }) =>
        use.backups.restore(id, backupId, identity),
    }),
  ];
}
