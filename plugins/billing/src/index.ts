/**
 * The contract of `billing`: the plans a host offers, who has which, and the point where plugins take
 * payments for them.
 */
import { point, token } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';
import type { Fact, SubscriptionStatus } from './subscription.ts';
import type { Plan } from './plans.ts';
import type { InvoiceView } from './view.ts';

export { isLive, transition, type Fact, type SubscriptionStatus } from './subscription.ts';
export type { Plan, PlanLimits, PlanPrice } from './plans.ts';
export type { InvoiceView } from './view.ts';

/** The plan of one user. */
export interface BillingAccount {
  readonly userId: string;
  /** Id of a plan; null: none but the default. */
  readonly plan: string | null;
  readonly status: SubscriptionStatus;
  /** The provider that says so: `stripe`, `manual`. */
  readonly source: string | null;
  readonly currentPeriodEnd: Date | null;
  /** Nothing follows the current period. */
  readonly cancelAtPeriodEnd: boolean;
  readonly scheduledPlan: string | null;
  readonly scheduledPlanEffectiveAt: Date | null;
  readonly lastInvoicePaidAt: Date | null;
  readonly billingSyncedAt: Date | null;
}

/** A subscription as its provider knows it at this moment. */
export interface SubscriptionSnapshot {
  readonly source: string;
  readonly fact: Fact;
  readonly plan: string | null;
  readonly currentPeriodEnd: Date | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly scheduledPlan: string | null;
  readonly scheduledPlanEffectiveAt: Date | null;
}

/** One line of the ledger, which only grows. */
export interface LedgerEntry {
  /** The same fact has the same key, however often it is told: `stripe:in_1:paid`. */
  readonly naturalKey: string;
  readonly userId: string;
  readonly kind: 'invoice-paid' | 'payment-failed' | 'granted' | 'revoked';
  readonly plan: string | null;
  /** In the currency's smallest unit; null where no money moved. */
  readonly amount: number | null;
  readonly currency: string | null;
  /** When it happened. */
  readonly at: Date;
}

export interface Billing {
  readonly plans: readonly Plan[];
  plan(id: string | null): Plan | undefined;
  /** As it is kept, whatever the time is by now. */
  account(em: EntityManager, userId: string): Promise<BillingAccount>;
  /** The same; nobody else changes it before the transaction ends. */
  hold(em: EntityManager, userId: string): Promise<BillingAccount>;
  /**
   * Takes over what a provider knows. A subscription that is not live leaves another provider's live one
   * alone. Concurrent calls for one user wait for each other.
   */
  project(em: EntityManager, userId: string, snapshot: SubscriptionSnapshot): Promise<void>;
  /** False when the entry was there already. */
  record(em: EntityManager, entry: LedgerEntry): Promise<boolean>;
}
export const Billing = token<Billing>('billing');

/** A customer of a payment provider. */
export interface Customer {
  readonly userId: string;
  readonly email: string;
}

/**
 * Takes payments. After each change it projects what it then knows, so that the caller sees the outcome.
 * Throws a Problem that says what is wrong.
 */
export interface PaymentProvider {
  /** `stripe` */
  readonly id: string;
  /** Whether the plan can be bought here. */
  sells(planId: string): boolean;
  /** Where the customer pays for the first time. Answered for a customer without a live subscription. */
  checkout(customer: Customer, planId: string): Promise<{ readonly url: string }>;
  /** Where the customer changes cards and addresses. */
  portal(customer: Customer): Promise<{ readonly url: string }>;
  /** `now` is prorated; `period-end` is scheduled, and replaces what was. */
  change(customer: Customer, planId: string, when: 'now' | 'period-end'): Promise<void>;
  /** Takes a scheduled change back. */
  keepPlan(customer: Customer): Promise<void>;
  /** At the end of the period; `resume` takes it back. */
  cancel(customer: Customer): Promise<void>;
  resume(customer: Customer): Promise<void>;
  /** Newest first, at most 24. */
  invoices(customer: Customer): Promise<readonly InvoiceView[]>;
}
export const PaymentProviders = point<PaymentProvider>('billing.payment-providers');

export interface Clock {
  now(): Date;
}
/** For tests, which replace it. */
export const Clock = token<Clock>('billing.clock');
