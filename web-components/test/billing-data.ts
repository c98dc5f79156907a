/** Plans and accounts in the published shapes, for a `World`. */
import type { Billing, Plan } from '../src/api/schema.ts';

const MONTH_MS = 30 * 24 * 3600 * 1000;

const plan = (id: string, amount: number, instances: number, memoryMiB: number | null): Plan => ({
  id,
  name: id.charAt(0).toUpperCase() + id.slice(1),
  price: { amount, currency: 'eur', interval: 'month' },
  limits: { instances, memoryMiB, diskMiB: memoryMiB === null ? null : memoryMiB * 10 },
  forSale: amount > 0,
});
export const plans = [
  plan('free', 0, 1, 2048),
  plan('pro', 900, 5, 16_384),
  plan('max', 2900, 20, null),
];

/** Somebody who has paid nothing yet. */
export const noPlan: Billing = {
  plan: 'free',
  planName: 'Free',
  subscriptionStatus: 'none',
  source: null,
  currentPeriodEnd: null,
  cancelAtPeriodEnd: false,
  scheduledPlan: null,
  scheduledPlanEffectiveAt: null,
  lastInvoicePaidAt: null,
  billingSyncedAt: null,
  limits: plans[0]!.limits,
  usage: { instances: 1, memoryMiB: 1024, diskMiB: 10_240 },
};

/** Somebody who pays for a plan. */
export const paying = (id: string): Billing => ({
  ...noPlan,
  plan: id,
  planName: plans.find((each) => each.id === id)!.name,
  subscriptionStatus: 'active',
  source: 'stripe',
  currentPeriodEnd: new Date(Date.now() + MONTH_MS).toISOString(),
  limits: plans.find((each) => each.id === id)!.limits,
});
