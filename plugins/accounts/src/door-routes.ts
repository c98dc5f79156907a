/**
 * The doors of `/api/auth`: registering, signing in, becoming the first administrator, and a new password.
 */
import { defineRoute, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { withSession } from './authenticators.ts';
import type { Doors } from './doors.ts';
import {
  AnyPassword,
  Email,
  Password,
  PasswordChanged,
  revokeApiKeys,
  UserView,
} from './shapes.ts';

/** Doors are for people: nobody knocks more often than this in a minute. */
const perMinute = 20;

export function doorRoutes(use: { readonly doors: Doors }): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      url: '/api/auth/register',
      summary: 'Make an account and sign in',
      access: 'public',
      perMinute,
      schema: {
        body: Type.Object({ email: Email, password: Password }),
        response: { 201: UserView },
      },
      handler: async (request, reply) =>
        (await use.doors.register(request.body, request as never, reply)).user,
    }),
    defineRoute({
      method: 'POST',
      url: '/api/auth/login',
      summary: 'Sign in',
      description: 'Sets the session cookie.',
      access: 'public',
      perMinute,
      schema: {
        body: Type.Object({
          email: Type.String({ minLength: 1, maxLength: 254 }),
          password: AnyPassword,
        }),
        response: { 200: UserView },
      },
      handler: async (request, reply) =>
        (await use.doors.login(request.body, request as never, reply)).user,
    }),
    defineRoute({
      method: 'POST',
      url: '/api/auth/setup',
      summary: 'Become the first administrator',
      description:
        'With the token of the link that the platform prints while it has no administrator.',
      access: 'public',
      perMinute,
      schema: {
        body: Type.Object({
          email: Email,
          password: Password,
          token: Type.String({ minLength: 1, maxLength: 200 }),
        }),
        response: { 201: UserView },
      },
      handler: async (request, reply) =>
        (await use.doors.setUp(request.body, request as never, reply)).user,
    }),
    defineRoute({
      method: 'POST',
      url: '/api/auth/password',
      summary: 'Change the password',
      description:
        'Ends every other session. API keys go on, and the answer says how many, unless `revokeApiKeys` ends them.',
      access: 'signed-in',
      perMinute,
      schema: {
        body: Type.Object({ current: AnyPassword, password: Password, revokeApiKeys }),
        response: { 200: PasswordChanged },
      },
      handler: async (request, reply) => {
        const { user } = withSession(request.identity);
        const changed = await use.doors.changePassword(user, request.body, request, reply);
        return { ...changed.session.user, apiKeys: changed.apiKeys };
      },
    }),
    defineRoute({
      method: 'POST',
      url: '/api/auth/delete-account',
      summary: 'Delete your account',
      description:
        'Asks for the password. Refused with 409 while you own instances, and for the last administrator. What you did stays in the audit trail.',
      access: 'signed-in',
      perMinute,
      schema: { body: Type.Object({ password: AnyPassword }), response: { 204: Type.Null() } },
      handler: async (request, reply) => {
        withSession(request.identity);
        await use.doors.deleteOwn(request.body.password, request, reply);
        return reply.send();
      },
    }),
  ];
}
