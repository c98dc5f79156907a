/** For administrators: who has an account and which role, and what was done by whom. */
import type { Database } from '@zlh/database';
import { defineRoute, page, pageQuery, problems, type Route } from '@zlh/http';
import { Type } from 'typebox';
import type { AuditTrail } from './audit.ts';
import type { Doors } from './doors.ts';
import { AuditView, Email, idParams, Password, Role, UserView } from './shapes.ts';
import type { Users } from './users.ts';

const maybeId = Type.Optional(Type.String({ format: 'uuid' }));

export function adminRoutes(use: {
  readonly users: Users;
  readonly doors: Doors;
  readonly auditTrail: AuditTrail;
  readonly database: Database;
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
      method: 'POST',
      url: '/api/users',
      summary: 'Make an account for somebody',
      access: { permission: 'accounts.roles' },
      perMinute: 60,
      schema: {
        body: Type.Object({ email: Email, password: Password, role: Type.Optional(Role) }),
        response: { 201: UserView },
      },
      handler: ({ identity, body: { email, password, role = 'user' } }) =>
        use.doors.invite({ email, password, role }, identity),
    }),
    defineRoute({
      method: 'PATCH',
      url: '/api/users/:id',
      summary: 'Change the role of a user',
      access: { permission: 'accounts.roles' },
      schema: { params: idParams, body: Type.Object({ role: Role }), response: { 200: UserView } },
      handler: ({ identity, params: { id }, body: { role } }) =>
        use.database.transaction(async (em) => {
          const user = await use.users.setRole(em, id, role);
          if (user === null) throw problems.notFound('user');
          await use.auditTrail.record(em, {
            action: 'accounts.role-change',
            actor: identity.label,
            userId: identity.id,
            data: { user: user.email, role },
          });
          return user;
        }),
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
