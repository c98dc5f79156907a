/** `/api/instances/:id/grants`: with whom an instance is shared, and what they may do. Its owner decides. */
import { instanceRoles, type Audit, type Grants } from '@zlh/accounts';
import type { Database, EntityManager } from '@zlh/database';
import type { Events } from '@zlh/events';
import { defineRoute, problems, type Identity, type Route } from '@zlh/http';
import { Type, type Static } from 'typebox';
import type { InstanceFacts, Instances } from './index.ts';

interface Use {
  readonly instances: Instances;
  readonly grants: Grants;
  readonly database: Database;
  readonly events: Events;
  readonly audit: Audit;
}

/** For the user whose grant has changed. */
export const sharedEvent = 'instances.shared';

const id = Type.String({ format: 'uuid' });
const access = { permission: 'instances.share' } as const;

const GrantRole = Type.Enum([...instanceRoles], {
  description:
    'viewer: sees state and operations. operator: also starts, stops and uses the console. manager: also files, mods and schedules.',
});

const GrantView = Type.Object({
  userId: id,
  email: Type.String(),
  role: GrantRole,
  createdAt: Type.String({ format: 'date-time' }),
});

const GiveGrant = Type.Object(
  { email: Type.String({ minLength: 3, maxLength: 254 }), role: GrantRole },
  { additionalProperties: false },
);

export function grantRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/instances/:id/grants',
      summary: 'With whom the instance is shared',
      access,
      schema: {
        params: Type.Object({ id }),
        response: { 200: Type.Object({ items: Type.Array(GrantView) }) },
      },
      async handler({ params, identity }) {
        const em = use.database.fork();
        await use.instances.admit(em, params.id, identity, access.permission);
        return { items: await use.grants.on(em, params.id) };
      },
    }),
    defineRoute({
      method: 'PUT',
      url: '/api/instances/:id/grants',
      summary: 'Share the instance with a user, or change what they may do',
      access,
      // Whoever shares learns whether an address has an account: not at any speed.
      perMinute: 20,
      schema: { params: Type.Object({ id }), body: GiveGrant, response: { 200: GrantView } },
      handler: ({ params, body, identity }) =>
        use.database.transaction((em) => give(use, em, params.id, body, identity)),
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/instances/:id/grants/:userId',
      summary:
        'No longer share the instance with a user; anybody may give up what was shared with them',
      access: { permission: 'instances.read' },
      schema: { params: Type.Object({ id, userId: id }), response: { 204: Type.Null() } },
      async handler({ params, identity }, reply) {
        await use.database.transaction((em) => takeBack(use, em, params, identity));
        return reply.code(204).send();
      },
    }),
  ];
}

async function give(
  use: Use,
  em: EntityManager,
  instanceId: string,
  { email, role }: Static<typeof GiveGrant>,
  identity: Identity,
) {
  const instance = await use.instances.admit(em, instanceId, identity, access.permission);
  const grant = await use.grants.give(em, instanceId, email, role);
  if (grant.userId === instance.ownerId)
    throw problems.invalid([{ path: '/email', message: 'is the owner, who may do everything' }]);
  await told(use, em, instance, identity, { userId: grant.userId, email: grant.email, role });
  return grant;
}

async function takeBack(
  use: Use,
  em: EntityManager,
  { id: instanceId, userId }: { readonly id: string; readonly userId: string },
  identity: Identity,
): Promise<void> {
  const own = userId === identity.id;
  if (!own && !identity.can(access.permission)) throw problems.forbidden();
  const permission = own ? 'instances.read' : access.permission;
  const instance = await use.instances.admit(em, instanceId, identity, permission);
  const grant = (await use.grants.on(em, instanceId)).find((each) => each.userId === userId);
  if (grant === undefined || !(await use.grants.takeBack(em, instanceId, userId)))
    throw problems.notFound('grant');
  await told(use, em, instance, identity, { userId, email: grant.email, role: null });
}

/** The person concerned hears of it, and it is written down. */
async function told(
  { events, audit }: Use,
  em: EntityManager,
  { id: instanceId, name }: InstanceFacts,
  identity: Identity,
  { userId, email, role }: { userId: string; email: string; role: string | null },
): Promise<void> {
  await events.publish(em, { type: sharedEvent, userId, instanceId, data: { role } });
  await audit.record(em, {
    action: role === null ? 'instances.unshare' : 'instances.share',
    actor: identity.label,
    userId: identity.id,
    instanceId,
    data: { name, email, role },
  });
}
