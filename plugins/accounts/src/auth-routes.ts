/** `/api/auth`: coming in, going out, and who one is. */
import type { Database } from '@zlh/database';
import { defineRoute, Problem, problems, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { personOf } from './authenticators.ts';
import type { Doors } from './doors.ts';
import type { Audit } from './index.ts';
import type { PermissionBook } from './permissions.ts';
import type { Sessions } from './sessions.ts';
import type { Setup } from './setup.ts';
import { AnyPassword, Email, Entered, idParams, Me, Password, SessionView } from './shapes.ts';

interface Use {
  readonly doors: Doors;
  readonly sessions: Sessions;
  readonly permissionBook: PermissionBook;
  readonly setup: Setup;
  readonly database: Database;
  readonly auditTrail: Audit;
}

/** Doors are for people: nobody knocks more often than this in a minute. */
const perMinute = 20;
const onlyBySession = () => problems.forbidden('API keys cannot do this. Sign in with your password.');

export function authRoutes(use: Use): readonly Route[] {
  return [...doorRoutes(use), ...sessionRoutes(use)];
}

function doorRoutes(use: Use): Route[] {
  return [
    defineRoute({
      method: 'POST',
      url: '/api/auth/register',
      summary: 'Make an account and sign in',
      access: 'public',
      perMinute,
      schema: { body: Type.Object({ email: Email, password: Password }), response: { 201: Entered } },
      handler: async (request, reply) => ({ user: (await use.doors.register(request.body, request as never, reply)).user }),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/auth/login',
      summary: 'Sign in',
      description: 'Sets the session cookie.',
      access: 'public',
      perMinute,
      schema: { body: Type.Object({ email: Type.String({ minLength: 1, maxLength: 254 }), password: AnyPassword }), response: { 200: Entered } },
      handler: async (request, reply) => ({ user: (await use.doors.login(request.body, request as never, reply)).user }),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/auth/setup',
      summary: 'Become the first administrator',
      description: 'With the token of the link that the platform prints while it has no administrator.',
      access: 'public',
      perMinute,
      schema: { body: Type.Object({ email: Email, password: Password, token: Type.String({ minLength: 1, maxLength: 200 }) }), response: { 201: Entered } },
      handler: async (request, reply) => ({ user: (await use.doors.setUp(request.body, request as never, reply)).user }),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/auth/password',
      summary: 'Change the password',
      description: 'Ends every other session.',
      access: 'signed-in',
      perMinute,
      schema: { body: Type.Object({ current: AnyPassword, password: Password }), response: { 200: Entered } },
      handler: async (request, reply) => {
        const person = personOf(request.identity);
        if (person?.session == null) throw onlyBySession();
        return { user: (await use.doors.changePassword(person.user, request.body, request as never, reply)).user };
      },
    }),
  ];
}

function sessionRoutes(use: Use): Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/auth/me',
      summary: 'Who is asking, and what they may do',
      description: 'While the platform has no administrator, the 401 carries `setupRequired: true`.',
      access: 'public',
      schema: { response: { 200: Me } },
      handler: async ({ identity }) => {
        const person = personOf(identity);
        if (person === null) throw new Problem(401, 'http.unauthenticated', 'Nobody is signed in.', (await use.setup.isRequired()) ? { setupRequired: true } : {});
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
        const person = personOf(request.identity);
        const session = person?.session;
        if (person !== null && session != null) await use.database.transaction((em) => use.sessions.end(em, person.id, session.id).then(() => undefined));
        if (person?.key == null) use.sessions.forgetCookie(request as never, reply);
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
        if (personOf(identity)?.session == null) throw onlyBySession();
        return { items: await use.sessions.list(identity.id) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/auth/sessions',
      summary: 'Sign out everywhere',
      access: 'signed-in',
      schema: { response: { 204: Type.Null() } },
      handler: async (request, reply) => {
        const { identity } = request;
        if (personOf(identity)?.session == null) throw onlyBySession();
        await use.database.transaction(async (em) => {
          await use.sessions.endAll(em, identity.id);
          await use.auditTrail.record(em, { action: 'accounts.logout-everywhere', actor: identity.label, userId: identity.id });
        });
        use.sessions.forgetCookie(request as never, reply);
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
        if (personOf(identity)?.session == null) throw onlyBySession();
        const ended = await use.database.transaction((em) => use.sessions.end(em, identity.id, params.id));
        if (!ended) throw problems.notFound('session');
        return reply.send();
      },
    }),
  ];
}
