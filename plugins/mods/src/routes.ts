/** `/api/instances/:id/mods`: what is installed, what could be, and every change to it. */
import { defineRoute, problems, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { READ, WRITE } from './index.ts';
import type { Mods } from './mods.ts';
import { searchPage } from './publisher/modrinth.ts';
import { Accepted, AddMod, ChangeMod, Found, foundView, ModSet, viewOf } from './views.ts';

interface Use {
  readonly mods: Mods;
}

const closed = { additionalProperties: false } as const;
const uuid = Type.String({ format: 'uuid' });
const params = Type.Object({ id: uuid });
const modParams = Type.Object({ id: uuid, modId: uuid });
const accepted = { 202: Accepted };
const url = '/api/instances/:id/mods';
/** Publishers are asked by these. */
const perMinute = 60;
/** Further than this nobody pages, and publishers do not answer. */
const lastOffset = 10_000;

export function modRoutes(use: Use): readonly Route[] {
  return [...lookingRoutes(use), ...changingRoutes(use)];
}

function lookingRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url,
      summary: 'The mods or plugins of an instance, and which of them could be updated',
      access: { permission: READ },
      schema: { params, response: { 200: ModSet } },
      async handler({ params: { id }, identity }) {
        const { mods, updates } = await use.mods.list(id, identity);
        const items = mods.map((mod) => viewOf(mod, mods, updates?.get(mod.id)));
        return { items, nextCursor: null, updatesKnown: updates !== null };
      },
    }),
    defineRoute({
      method: 'GET',
      url: `${url}/search`,
      summary: 'Look for mods or plugins that fit the loader and the version of an instance',
      access: { permission: READ },
      perMinute,
      schema: {
        params,
        query: Type.Object(
          {
            query: Type.String({ maxLength: 200, default: '' }),
            cursor: Type.Optional(Type.String({ maxLength: 64 })),
          },
          closed,
        ),
        response: {
          200: Type.Object({
            items: Type.Array(Found),
            nextCursor: Type.Union([Type.String(), Type.Null()]),
          }),
        },
      },
      async handler({ params: { id }, query: { query, cursor }, identity }) {
        const offset = offsetOf(cursor);
        const { hits, total, mods } = await use.mods.search(id, identity, query, offset);
        const next = offset + searchPage;
        return {
          items: hits.map((hit) => foundView(hit, mods)),
          nextCursor: next < total && next <= lastOffset ? cursorOf(next) : null,
        };
      },
    }),
  ];
}

function changingRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      url,
      summary: 'Install a mod or plugin, and what it needs',
      description:
        'From `modrinth` by `project` and, where it should not be the newest, `version`; or from `upload` by the `path` of a jar in the files of the instance.',
      access: { permission: WRITE },
      perMinute,
      idempotent: true,
      schema: { params, body: AddMod, response: accepted },
      handler: ({ params: { id }, body: wanted, identity }) =>
        use.mods.change(id, identity, { what: 'install', wanted }),
    }),
    defineRoute({
      method: 'POST',
      url: `${url}/actions/update`,
      summary: 'Update all mods or plugins that are not pinned',
      access: { permission: WRITE },
      perMinute,
      schema: { params, response: accepted },
      handler: ({ params: { id }, identity }) => use.mods.change(id, identity, { what: 'update' }),
    }),
    defineRoute({
      method: 'PATCH',
      url: `${url}/:modId`,
      summary: 'Enable, disable, pin, update or roll back one mod or plugin',
      access: { permission: WRITE },
      perMinute,
      schema: { params: modParams, body: ChangeMod, response: accepted },
      handler: ({ params: { id, modId }, body: wanted, identity }) =>
        use.mods.change(id, identity, { what: 'change', id: modId, wanted }),
    }),
    defineRoute({
      method: 'DELETE',
      url: `${url}/:modId`,
      summary: 'Remove a mod or plugin, and what only it needed',
      access: { permission: WRITE },
      schema: {
        params: modParams,
        query: Type.Object(
          {
            dependents: Type.Optional(
              Type.Enum(['remove'], { description: 'Removes those that need it, too.' }),
            ),
          },
          closed,
        ),
        response: accepted,
      },
      handler: ({ params: { id, modId }, query: { dependents }, identity }) =>
        use.mods.change(id, identity, {
          what: 'remove',
          id: modId,
          dependents: dependents === 'remove',
        }),
    }),
  ];
}

const cursorOf = (offset: number) => Buffer.from(String(offset)).toString('base64url');

function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const text = Buffer.from(cursor, 'base64url').toString();
  if (/^\d{1,5}$/.test(text) && Number(text) <= lastOffset) return Number(text);
  throw problems.invalid([{ path: 'query.cursor', message: 'is not a cursor of this list' }]);
}
