/** The routes of billing over a `World`: three plans, and changes that take effect at once. */
import type { Billing, Plan } from '../src/api/schema.ts';
import { problem } from './answer.ts';
import type { Answer, Body } from './answer.ts';
import type { World } from './world.ts';

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

/** @param line method and path below `/api/billing` */
export function billing(world: World, line: string, body: Body): Answer {
  const { billing: now } = world;
  const chosen = String(body?.['plan'] ?? '');
  const answer = (changed: Partial<Billing>): Answer => {
    world.billing = { ...now, ...changed };
    return { status: 200, body: world.billing };
  };
  const kept = { scheduledPlan: null, scheduledPlanEffectiveAt: null };
  if (line === 'GET ') return answer({});
  if (line === 'GET /plans') return { status: 200, body: { items: plans } };
  if (line === 'GET /invoices') return { status: 200, body: { items: [invoice] } };
  if (line === 'POST /checkout') return { status: 201, body: { url: `/billing?chosen=${chosen}` } };
  if (line === 'POST /portal') return { status: 200, body: { url: '/billing?portal' } };
  if (line === 'POST /upgrade') return answer(paying(chosen));
  if (line === 'POST /downgrade')
    return answer({ scheduledPlan: chosen, scheduledPlanEffectiveAt: now.currentPeriodEnd });
  if (line === 'DELETE /downgrade') return answer(kept);
  if (line === 'POST /cancel') return answer({ ...kept, cancelAtPeriodEnd: true });
  if (line === 'POST /resume') return answer({ cancelAtPeriodEnd: false });
  return problem(404, 'http.not-found', 'There is no such route.');
}

const invoice = {
  id: 'in_1',
  number: 'ZLH-0001',
  status: 'paid',
  amount: 900,
  currency: 'eur',
  createdAt: '2026-11-01T10:00:00.000Z',
  url: 'https://invoice.example.com/in_1',
};
