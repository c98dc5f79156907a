/** For administrators: who has an account, and what was done by whom. */
import { defineRoute, page, pageQuery, type Route } from '@zlh/http';
import { Type } from 'typebox';
import type { AuditTrail } from './audit.ts';
import { AuditView, UserView } from './shapes.ts';
import type { Users } from './users.ts';

const maybeId = Type.Optional(Type.String({ format: 'uuid' }));

export function adminRoutes(use: {
  readonly users: Users;
  readonly auditTrail: AuditTrail;
}): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/users',
      summary: 'List users, newest first',
      access: { permission: 'accounts.users' },
      schema: { query: Type.Object(pageQuery), response: { 200: page(UserView) } },
      handler: ({ query }) => use.users.list(query),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/audit',
      summary: 'List what was done, newest first',
      access: { permission: 'accounts.audit' },
      schema: {
        query: Type.Object({ ...pageQuery, userId: maybeId, instanceId: maybeId }),
        response: { 200: page(AuditView) },
      },
      handler: ({ query }) => use.auditTrail.list(query),
    }),
  ];
}
