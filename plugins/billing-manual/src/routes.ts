/** `/api/billing/accounts/:userId`: the routes of administrators. */
import type { BillingAccount } from '@zlh/billing';
import { defineRoute, type Route } from '@zlh/http';
import { Type, type Static } from 'typebox';
import type { PlanGrants } from './grants.ts';

interface Use {
  readonly planGrants: PlanGrants;
}

const params = Type.Object({ userId: Type.String({ format: 'uuid' }) });
const access = { permission: 'billing.grant' } as const;
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const time = Type.String({ format: 'date-time' });

const AccountView = Type.Object(
  {
    userId: Type.String({ format: 'uuid' }),
    plan: nullable(Type.String()),
    subscriptionStatus: Type.String(),
    source: nullable(Type.String()),
    currentPeriodEnd: nullable(time),
    cancelAtPeriodEnd: Type.Boolean(),
  },
  { title: 'BillingAccount' },
);

const view = (account: BillingAccount): Static<typeof AccountView> => ({
  userId: account.userId,
  plan: account.plan,
  subscriptionStatus: account.status,
  source: account.source,
  currentPeriodEnd: account.currentPeriodEnd?.toISOString() ?? null,
  cancelAtPeriodEnd: account.cancelAtPeriodEnd,
});

export function grantRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/billing/accounts/:userId',
      summary: 'Get the plan of a user',
      access,
      schema: { params, response: { 200: AccountView } },
      handler: async ({ params: { userId } }) => view(await use.planGrants.account(userId)),
    }),
    defineRoute({
      method: 'PUT',
      url: '/api/billing/accounts/:userId',
      summary: 'Grant a plan to a user, or take it back',
      description:
        'With `until` it ends by itself. `plan: null` takes it back. Refused with 409 for those who pay.',
      access,
      schema: {
        params,
        body: Type.Object({
          plan: nullable(Type.String({ minLength: 1, maxLength: 40 })),
          until: Type.Optional(nullable(time)),
        }),
        response: { 200: AccountView },
      },
      handler: async ({ params: { userId }, body, identity }) =>
        view(await use.planGrants.grant(userId, body, identity)),
    }),
  ];
}
