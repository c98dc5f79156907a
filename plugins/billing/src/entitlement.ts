/**
 * The plan that an account is served at a moment. Guarantees: a cancelled period ends at its end, and
 * a scheduled plan begins at its hour, before the provider says so.
 */
import type { BillingAccount } from './index.ts';
import type { Plan, PlanLimits, Settings } from './plans.ts';
import { isLive, type SubscriptionStatus } from './subscription.ts';

/** An account with the limits that it was given with its plan. */
export interface KeptAccount extends BillingAccount {
  readonly limits: PlanLimits | null;
}

export interface Entitlement {
  readonly status: SubscriptionStatus;
  /** Null: none, or one that the host removed. */
  readonly plan: Plan | null;
  readonly planId: string | null;
  /** Null: nothing may be created. */
  readonly limits: PlanLimits | null;
}

const isPast = (time: Date | null, now: Date) => time !== null && time <= now;

export function entitlement(
  account: KeptAccount,
  { plans, defaultPlan }: Settings,
  now: Date,
): Entitlement {
  const find = (id: string | null) => plans.find((plan) => plan.id === id) ?? null;
  const over = account.cancelAtPeriodEnd && isPast(account.currentPeriodEnd, now);
  const status = over && isLive(account.status) ? 'ended' : account.status;
  if (!isLive(status) || account.plan === null) {
    const plan = find(defaultPlan);
    return { status, plan, planId: plan?.id ?? null, limits: plan?.limits ?? null };
  }
  const follows = isPast(account.scheduledPlanEffectiveAt, now) ? account.scheduledPlan : null;
  const planId = follows ?? account.plan;
  const plan = find(planId);
  return { status, plan, planId, limits: plan?.limits ?? account.limits };
}
