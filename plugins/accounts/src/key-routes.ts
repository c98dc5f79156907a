/** `/api/api-keys` and the permissions that keys can be given. */
import type { Database } from '@zlh/database';
import { defineRoute, page, pageQuery, problems, type Route } from '@zlh/http';
import { Type } from 'typebox';
import type { ApiKeys } from './api-keys.ts';
import { personOf } from './authenticators.ts';
import type { Audit } from './index.ts';
import type { PermissionBook } from './permissions.ts';
import { ApiKeyView, idParams, IssuedApiKey, NewApiKey, PermissionView } from './shapes.ts';

interface Use {
  readonly apiKeys: ApiKeys;
  readonly permissionBook: PermissionBook;
  readonly database: Database;
  readonly auditTrail: Audit;
}

const access = { permission: 'accounts.keys' } as const;

export function keyRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/permissions',
      summary: 'What one may do, and give to API keys',
      access: 'signed-in',
      schema: { response: { 200: Type.Object({ items: Type.Array(PermissionView) }) } },
      handler: ({ identity }) => ({
        items: use.permissionBook
          .all()
          .filter(({ administrator }) => identity.administrator || administrator !== true)
          .map(({ id, description, administrator }) => ({
            id,
            description,
            administrator: administrator === true,
          })),
      }),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/api-keys',
      summary: 'List your API keys, newest first',
      access,
      schema: { query: Type.Object(pageQuery), response: { 200: page(ApiKeyView) } },
      handler: ({ identity, query }) => use.apiKeys.list(identity.id, query),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/api-keys',
      summary: 'Make an API key',
      description: 'The secret is answered this once and cannot be shown again.',
      access,
      perMinute: 60,
      schema: { body: NewApiKey, response: { 201: IssuedApiKey } },
      handler: async ({ identity, body }) => {
        const person = personOf(identity);
        if (person === null) throw problems.forbidden();
        return use.database.transaction(async (em) => {
          const made = await use.apiKeys.create(
            em,
            person.user,
            { ...body, expiresAt: body.expiresAt ?? null },
            person,
          );
          const { id, name, scopes } = made;
          await use.auditTrail.record(em, {
            action: 'accounts.key-create',
            actor: identity.label,
            userId: identity.id,
            data: { id, name, scopes },
          });
          return made;
        });
      },
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/api-keys/:id',
      summary: 'Revoke an API key',
      access,
      schema: { params: idParams, response: { 204: Type.Null() } },
      handler: async ({ identity, params }, reply) => {
        await use.database.transaction(async (em) => {
          const name = await use.apiKeys.revoke(em, identity.id, params.id);
          if (name === null) throw problems.notFound('API key');
          await use.auditTrail.record(em, {
            action: 'accounts.key-revoke',
            actor: identity.label,
            userId: identity.id,
            data: { id: params.id, name },
          });
        });
        return reply.send();
      },
    }),
  ];
}
