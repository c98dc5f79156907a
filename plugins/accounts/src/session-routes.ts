/** Who one is and where one is signed in: `/api/auth/me`, signing out here, there and everywhere. */
import type { Database } from '@zlh/database';
import { defineRoute, Problem, problems, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { personOf, withSession } from './authenticators.ts';
import type { Doors } from './doors.ts';
import type { Audit } from './index.ts';
import type { PermissionBook } from './permissions.ts';
import type { Sessions } from './sessions.ts';
import type { Setup } from './setup.ts';
import { idParams, Me, SessionView } from './shapes.ts';

interface Use {
  readonly sessions: Sessions;
  readonly permissionBook: PermissionBook;
  readonly setup: Setup;
  readonly doors: Doors;
  readonly database: Database;
  readonly auditTrail: Audit;
}

export function sessionRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/auth/me',
      summary: 'Who is asking, and what they may do',
      description:
        'The 401 carries `registrationOpen`, and `setupRequired: true` while the platform has no administrator.',
      access: 'public',
      schema: { response: { 200: Me } },
      handler: async ({ identity }) => {
        const person = personOf(identity);
        if (person === null)
          throw new Problem(401, 'http.unauthenticated', 'Nobody is signed in.', {
            registrationOpen: use.doors.registrationOpen,
            ...((await use.setup.isRequired()) ? { setupRequired: true } : {}),
          });
        const { user, session, key } = person;
        return {
          user,
          session: session === null ? null : { id: session.id, expiresAt: session.expiresAt },
          permissions: use.permissionBook.allowed(user.role, key?.scopes ?? null),
        };
      },
    }),
    defineRoute({
      method: 'POST',
      url: '/api/auth/logout',
      summary: 'Sign out',
      description: 'Succeeds for somebody who is not signed in, too.',
      access: 'public',
      schema: { response: { 204: Type.Null() } },
      handler: async (request, reply) => {
        if (request.headers.authorization === undefined) {
          await use.database.transaction((em) => use.sessions.endOfRequest(em, request as never));
          use.sessions.forgetCookie(request, reply);
        }
        return reply.send();
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/auth/sessions',
      summary: 'Where one is signed in',
      access: 'signed-in',
      schema: { response: { 200: Type.Object({ items: Type.Array(SessionView) }) } },
      handler: async ({ identity }) => {
        const { id } = withSession(identity);
        return { items: await use.sessions.list(id) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/auth/sessions',
      summary: 'Sign out everywhere',
      access: 'signed-in',
      schema: { response: { 204: Type.Null() } },
      handler: async (request, reply) => {
        const { id, label } = withSession(request.identity);
        await use.database.transaction(async (em) => {
          await use.sessions.endAll(em, id);
          await use.auditTrail.record(em, {
            action: 'accounts.logout-everywhere',
            actor: label,
            userId: id,
          });
        });
        use.sessions.forgetCookie(request, reply);
        return reply.send();
      },
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/auth/sessions/:id',
      summary: 'Sign out in one place',
      access: 'signed-in',
      schema: { params: idParams, response: { 204: Type.Null() } },
      handler: async ({ identity, params }, reply) => {
        const { id } = withSession(identity);
        const ended = await use.database.transaction((em) => use.sessions.end(em, id, params.id));
        if (!ended) throw problems.notFound('session');
        return reply.send();
      },
    }),
  ];
}
