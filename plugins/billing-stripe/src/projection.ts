/** Stripe's objects → a snapshot for billing, and lines for the ledger. Pure. */
import type { Fact, LedgerEntry, SubscriptionSnapshot } from '@zlh/billing';
import type { Stripe } from 'stripe';
import { sourceId } from './index.ts';

/** The members that are read, of Stripe's published shapes. */
export type Subscription = Pick<
  Stripe.Subscription,
  'id' | 'status' | 'created' | 'cancel_at_period_end'
> & {
  readonly items: {
    readonly data: readonly {
      readonly id: string;
      readonly price: { readonly id: string };
      readonly current_period_end: number;
    }[];
  };
  readonly schedule: string | Schedule | null;
};
export interface Schedule {
  readonly id: string;
  readonly phases: readonly {
    readonly start_date: number;
    readonly items: readonly { readonly price: string | { readonly id: string } }[];
  }[];
}
export type Invoice = Pick<
  Stripe.Invoice,
  'id' | 'status' | 'amount_paid' | 'amount_due' | 'currency' | 'created' | 'attempt_count'
> & { readonly status_transitions: { readonly paid_at: number | null } };

const factOf: Readonly<Record<string, Fact>> = {
  incomplete: 'payment-awaited',
  incomplete_expired: 'ended',
  trialing: 'trial-began',
  active: 'paid',
  past_due: 'payment-failed',
  unpaid: 'payment-given-up',
  paused: 'payment-given-up',
  canceled: 'ended',
};
/** One that is served counts before one that could be, and both before one that is over. */
const ranks: Readonly<Record<string, number>> = {
  active: 0,
  trialing: 0,
  past_due: 0,
  unpaid: 1,
  paused: 1,
  incomplete: 2,
};
const lastRank = 3;

const at = (seconds: number) => new Date(seconds * 1000);

/** The subscription that counts: the newest of those that are served, else of the others. */
export function currentOf(subscriptions: readonly Subscription[]): Subscription | undefined {
  const rankOf = ({ status }: Subscription) => ranks[status] ?? lastRank;
  return subscriptions.toSorted((a, b) => rankOf(a) - rankOf(b) || b.created - a.created)[0];
}

/** Null: this customer has never had a subscription. `planOf` knows every price that was ever sold. */
export function snapshotOf(
  subscriptions: readonly Subscription[],
  planOf: (price: string) => string | null,
): SubscriptionSnapshot | null {
  const current = currentOf(subscriptions);
  if (current === undefined) return null;
  const items = current.items.data;
  const plan = items.map(({ price }) => planOf(price.id)).find((id) => id !== null) ?? null;
  const end = Math.max(...items.map((item) => item.current_period_end));
  return {
    source: sourceId,
    fact: factOf[current.status] ?? 'payment-given-up',
    plan,
    currentPeriodEnd: items.length === 0 ? null : at(end),
    cancelAtPeriodEnd: current.cancel_at_period_end,
    ...scheduled(current, end, planOf),
  };
}

/** The phase that follows the current period, where it brings another plan. */
function scheduled(
  { schedule, items }: Subscription,
  end: number,
  planOf: (price: string) => string | null,
): Pick<SubscriptionSnapshot, 'scheduledPlan' | 'scheduledPlanEffectiveAt'> {
  const none = { scheduledPlan: null, scheduledPlanEffectiveAt: null };
  if (schedule === null || typeof schedule === 'string') return none;
  const next = schedule.phases.find(({ start_date: start }) => start >= end);
  const price = next?.items[0]?.price;
  const id = typeof price === 'object' ? price.id : price;
  if (next === undefined || id === undefined || id === items.data[0]?.price.id) return none;
  const plan = planOf(id);
  return plan === null
    ? none
    : { scheduledPlan: plan, scheduledPlanEffectiveAt: at(next.start_date) };
}

/** Each payment and each failed attempt, by a key that is the same however often it is told. */
export function ledgerOf(
  invoices: readonly Invoice[],
  userId: string,
  plan: string | null,
): LedgerEntry[] {
  return invoices.flatMap((invoice): LedgerEntry[] => {
    const { id, status, currency, created, attempt_count: attempts } = invoice;
    const line = { userId, plan, currency };
    if (status === 'paid')
      return [
        {
          ...line,
          naturalKey: `${sourceId}:${id}:paid`,
          kind: 'invoice-paid',
          amount: invoice.amount_paid,
          at: at(invoice.status_transitions.paid_at ?? created),
        },
      ];
    if (status !== 'open' || attempts === 0) return [];
    return [
      {
        ...line,
        naturalKey: `${sourceId}:${id}:failed:${attempts}`,
        kind: 'payment-failed',
        amount: invoice.amount_due,
        at: at(created),
      },
    ];
  });
}
