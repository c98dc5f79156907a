/**
 * Fetches a customer's subscriptions and invoices as they are now, and projects them. Guarantees: a look
 * that began earlier never overwrites a later one.
 */
import type { Billing } from '@zlh/billing';
import { advisoryLocks, type EntityManager } from '@zlh/database';
import type { StripeDoor } from './client.ts';
import { ledgerOf, snapshotOf, type Subscription } from './projection.ts';

const maxInvoices = 100;

export type Outcome = 'projected' | 'covered' | 'foreign';

export class Projector {
  readonly #billing: Billing;
  readonly #stripe: StripeDoor;

  constructor({ billing, stripe }: { billing: Billing; stripe: StripeDoor }) {
    this.#billing = billing;
    this.#stripe = stripe;
  }

  /** Other work on this customer waits until the caller's transaction ends. */
  async lock(em: EntityManager, customerId: string): Promise<void> {
    await em.execute('select pg_advisory_xact_lock(?, hashtext(?))', [
      advisoryLocks.stripeCustomer,
      customerId,
    ]);
  }

  /** `since`: nothing is fetched when a look began after it. */
  async project(em: EntityManager, customerId: string, since?: string): Promise<Outcome> {
    await this.lock(em, customerId);
    const [row] = await em.execute<{ user_id: string; covered: boolean; begun: string }[]>(
      `select user_id, coalesce(fetched_at > ?::timestamptz, false) as covered, clock_timestamp()::text as begun
       from billing_stripe_customer where customer_id = ?`,
      [since ?? null, customerId],
    );
    if (row === undefined) return 'foreign';
    if (since !== undefined && row.covered) return 'covered';
    await this.#take(em, customerId, row.user_id);
    await em.execute(
      'update billing_stripe_customer set fetched_at = ?::timestamptz where customer_id = ?',
      [row.begun, customerId],
    );
    return 'projected';
  }

  async subscriptions(customer: string): Promise<readonly Subscription[]> {
    const stripe = await this.#stripe.client();
    const { data } = await stripe.subscriptions.list({
      customer,
      status: 'all',
      limit: 100,
      expand: ['data.schedule'],
    });
    return data;
  }

  async #take(em: EntityManager, customer: string, userId: string): Promise<void> {
    const stripe = await this.#stripe.client();
    const [subscriptions, invoices] = await Promise.all([
      this.subscriptions(customer),
      stripe.invoices.list({ customer, limit: maxInvoices }),
    ]);
    const prices = await em.execute<{ price_id: string; plan: string }[]>(
      'select price_id, plan from billing_stripe_price',
    );
    const plans = new Map(prices.map(({ price_id: id, plan }) => [id, plan]));
    const snapshot = snapshotOf(subscriptions, (price) => plans.get(price) ?? null);
    if (snapshot === null) return;
    await this.#billing.project(em, userId, snapshot);
    for (const entry of ledgerOf(invoices.data, userId, snapshot.plan))
      await this.#billing.record(em, entry);
  }
}
