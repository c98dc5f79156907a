/** The routes of billing over a `World`: three plans, and changes that take effect at once. */
import type { Billing } from '../src/api/schema.ts';
import { problem } from './answer.ts';
import type { Answer, Body } from './answer.ts';
import { paying, plans } from './billing-data.ts';
import type { World } from './world.ts';

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
