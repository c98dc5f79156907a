/**
 * For administrators: who has an account, which role, and whether it may be used; and what was done by
 * whom.
 */
import { defineRoute, page, pageQuery, type Route } from '@zlh/http';
import { Type } from 'typebox';
import type { Administration } from './administration.ts';
import type { AuditTrail } from './audit.ts';
import type { Doors } from './doors.ts';
import {
  AuditView,
  Email,
  idParams,
  Password,
  PasswordChanged,
  revokeApiKeys,
  Role,
  UserView,
} from './shapes.ts';
import type { Users } from './users.ts';

interface Use {
  readonly users: Users;
  readonly doors: Doors;
  readonly auditTrail: AuditTrail;
  readonly administration: Administration;
}

const maybeId = Type.Optional(Type.String({ format: 'uuid' }));
const manage = { permission: 'accounts.manage' } as const;

export function adminRoutes(use: Use): readonly Route[] {
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
        use.administration.setRole(id, role, identity),
    }),
    ...managingRoutes(use),
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

function managingRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      url: '/api/users/:id/disable',
      summary: 'Disable an account',
      description:
        'Its sessions end, and its API keys are refused until it is enabled again. Its instances go on.',
      access: manage,
      schema: { params: idParams, response: { 200: UserView } },
      handler: ({ identity, params: { id } }) => use.administration.disable(id, identity),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/users/:id/enable',
      summary: 'Enable an account',
      access: manage,
      schema: { params: idParams, response: { 200: UserView } },
      handler: ({ identity, params: { id } }) => use.administration.enable(id, identity),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/users/:id/password',
      summary: 'Set the password of a user',
      description:
        'Ends the sessions of the user. API keys go on, and the answer says how many, unless `revokeApiKeys` ends them.',
      access: manage,
      schema: {
        params: idParams,
        body: Type.Object({ password: Password, revokeApiKeys }),
        response: { 200: PasswordChanged },
      },
      handler: ({ identity, params: { id }, body }) =>
        use.administration.setPassword(id, body, identity),
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/users/:id',
      summary: 'Delete an account',
      description:
        'Sessions, API keys and grants go with it. Refused with 409 while it owns instances, and for the last administrator. What the user did stays in the audit trail.',
      access: manage,
      schema: { params: idParams, response: { 204: Type.Null() } },
      handler: async ({ identity, params: { id } }, reply) => {
        await use.administration.remove(id, identity);
        return reply.send();
      },
    }),
  ];
}
