/** `/api/billing`: the routes of those who have, or want, a plan. */
import { defineRoute, type Identity, type Route } from '@zlh/http';
import { Type } from 'typebox';
import type { BillingService } from './service.ts';
import { BillingView, InvoiceView, PlanChoice, PlanView, Where } from './view.ts';

interface Use {
  readonly billingService: BillingService;
}

const read = { permission: 'billing.read' } as const;
const write = { permission: 'billing.write' } as const;
/** Each of these asks the payment provider. */
const perMinute = 20;

export function billingRoutes(use: Use): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/billing',
      summary: 'Get your plan, what it includes and what you use',
      access: read,
      schema: { response: { 200: BillingView } },
      handler: ({ identity }) => use.billingService.overview(identity),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/billing/plans',
      summary: 'List the plans on offer',
      access: 'signed-in',
      schema: { response: { 200: Type.Object({ items: Type.Array(PlanView) }) } },
      handler: () => ({ items: use.billingService.plans() }),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/billing/invoices',
      summary: 'List your newest invoices',
      access: read,
      perMinute,
      schema: { response: { 200: Type.Object({ items: Type.Array(InvoiceView) }) } },
      handler: async ({ identity }) => ({ items: await use.billingService.invoices(identity) }),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/billing/checkout',
      summary: 'Buy a plan',
      description: 'Answers where to pay. The plan is yours once the payment provider says so.',
      access: write,
      perMinute,
      idempotent: true,
      schema: { body: PlanChoice, response: { 201: Where } },
      handler: ({ identity, body }) => use.billingService.checkout(body.plan, identity),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/billing/portal',
      summary: 'Open the page of your payment provider',
      access: write,
      perMinute,
      schema: { response: { 200: Where } },
      handler: ({ identity }) => use.billingService.portal(identity),
    }),
    ...changingRoutes(use),
  ];
}

function changingRoutes(use: Use): readonly Route[] {
  const change = (
    action: 'upgrade' | 'downgrade',
    summary: string,
    handle: (plan: string, identity: Identity) => Promise<BillingView>,
  ) =>
    defineRoute({
      method: 'POST',
      url: `/api/billing/${action}`,
      summary,
      access: write,
      perMinute,
      schema: { body: PlanChoice, response: { 200: BillingView } },
      handler: ({ identity, body }) => handle(body.plan, identity),
    });
  const plain = (
    method: 'POST' | 'DELETE',
    action: string,
    summary: string,
    handle: (identity: Identity) => Promise<BillingView>,
  ) =>
    defineRoute({
      method,
      url: `/api/billing/${action}`,
      summary,
      access: write,
      perMinute,
      schema: { response: { 200: BillingView } },
      handler: ({ identity }) => handle(identity),
    });
  return [
    change('upgrade', 'Change to a larger plan now, prorated', (plan, identity) =>
      use.billingService.upgrade(plan, identity),
    ),
    change('downgrade', 'Change to a smaller plan at the end of the period', (plan, identity) =>
      use.billingService.downgrade(plan, identity),
    ),
    plain('DELETE', 'downgrade', 'Take a scheduled change back', (identity) =>
      use.billingService.keepPlan(identity),
    ),
    plain('POST', 'cancel', 'Cancel your plan at the end of the period', (identity) =>
      use.billingService.cancel(identity),
    ),
    plain('POST', 'resume', 'Take a cancellation back', (identity) =>
      use.billingService.resume(identity),
    ),
  ];
}
