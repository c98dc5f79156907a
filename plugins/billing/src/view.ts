/** Plans, accounts and invoices as the API shows them. */
import { Type, type Static } from 'typebox';
import { statuses, type SubscriptionStatus } from './subscription.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const time = Type.String({ format: 'date-time' });
const planId = Type.String({ description: 'Id of a plan.' });

const Limits = Type.Object(
  {
    instances: nullable(Type.Integer()),
    memoryMiB: nullable(Type.Integer()),
    diskMiB: nullable(Type.Integer()),
  },
  { title: 'PlanLimits', description: 'Null: no limit.' },
);
export type LimitsView = Static<typeof Limits>;

export const PlanView = Type.Object(
  {
    id: planId,
    name: Type.String(),
    price: Type.Object({
      amount: Type.Integer({ description: "In the currency's smallest unit." }),
      currency: Type.String({ description: '`eur`' }),
      interval: Type.Union([Type.Literal('month'), Type.Literal('year')]),
    }),
    limits: Limits,
    forSale: Type.Boolean({ description: 'Whether it can be bought; else it is granted.' }),
  },
  { title: 'Plan' },
);
export type PlanView = Static<typeof PlanView>;

export const BillingView = Type.Object(
  {
    plan: nullable(planId),
    planName: nullable(Type.String()),
    subscriptionStatus: Type.Unsafe<SubscriptionStatus>({ type: 'string', enum: [...statuses] }),
    source: nullable(Type.String({ description: 'Who says so: `stripe`, `manual`.' })),
    currentPeriodEnd: nullable(time),
    cancelAtPeriodEnd: Type.Boolean(),
    scheduledPlan: nullable(planId),
    scheduledPlanEffectiveAt: nullable(time),
    lastInvoicePaidAt: nullable(time),
    billingSyncedAt: nullable(time),
    limits: nullable(Limits),
    usage: Type.Object({
      instances: Type.Integer(),
      memoryMiB: Type.Integer(),
      diskMiB: nullable(Type.Integer({ description: 'Null: an instance has no limit of disk.' })),
    }),
  },
  { title: 'Billing', description: 'Without plans `limits` is null, and nothing is limited.' },
);
export type BillingView = Static<typeof BillingView>;

export const InvoiceView = Type.Object(
  {
    id: Type.String(),
    number: nullable(Type.String()),
    status: Type.String({ description: '`paid`, `open`, `void`, `uncollectible`, `draft`' }),
    amount: Type.Integer({ description: "In the currency's smallest unit." }),
    currency: Type.String(),
    createdAt: time,
    url: nullable(Type.String({ description: 'Where it is shown and paid.' })),
  },
  { title: 'Invoice' },
);
export type InvoiceView = Static<typeof InvoiceView>;

export const Where = Type.Object(
  { url: Type.String({ description: 'Where the browser goes now.' }) },
  { title: 'BillingRedirect' },
);
export const PlanChoice = Type.Object({ plan: Type.String({ minLength: 1, maxLength: 40 }) });
