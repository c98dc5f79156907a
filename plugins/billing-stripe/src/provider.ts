/**
 * Sells plans through Stripe. Guarantees: a user has one customer and one open checkout. Every write has an
 * idempotency key, the same after a crash. Each change is projected before it is answered.
 */
import { createHash } from 'node:crypto';
import type { Billing, Customer, InvoiceView, PaymentProvider } from '@zlh/billing';
import { advisoryLocks, type Database, type EntityManager } from '@zlh/database';
import { Problem, problems, type Http } from '@zlh/http';
import { asProblem, type StripeClient, type StripeDoor } from './client.ts';
import { sourceId } from './index.ts';
import type { PriceBook } from './price-book.ts';
import { currentOf, type Subscription } from './projection.ts';
import type { Projector } from './projector.ts';

export interface ProviderDeps {
  readonly billing: Billing;
  readonly database: Database;
  readonly http: Http;
  readonly stripe: StripeDoor;
  readonly projector: Projector;
  readonly priceBook: PriceBook;
}

interface CustomerRow {
  readonly customer_id: string;
  readonly session_id: string | null;
  readonly session_plan: string | null;
  readonly writes: number;
}

/** A customer whom nobody else works on. */
interface Work {
  readonly em: EntityManager;
  readonly stripe: StripeClient;
  readonly row: CustomerRow;
  /** The same for the same step of the same change. */
  key(step: string): { idempotencyKey: string };
}

const maxInvoices = 24;
const over = ['canceled', 'incomplete_expired'];

export class StripeProvider implements PaymentProvider {
  readonly id = sourceId;
  readonly #deps: ProviderDeps;

  constructor(deps: ProviderDeps) {
    this.#deps = deps;
  }

  sells(plan: string): boolean {
    return this.#deps.priceBook.sells(plan);
  }

  checkout(customer: Customer, plan: string): Promise<{ readonly url: string }> {
    return this.#work(customer, async (work) => {
      const { em, stripe, row } = work;
      const live = (await this.#deps.projector.subscriptions(row.customer_id)).find(
        ({ status }) => !over.includes(status) && status !== 'incomplete',
      );
      if (live !== undefined) {
        await this.#deps.projector.project(em, row.customer_id);
        return alreadySubscribed;
      }
      const open = row.session_id === null ? null : await this.#openSession(work, plan);
      if (open !== null) return open;
      const back = `${this.#deps.http.publicUrl}/billing`;
      const session = await stripe.checkout.sessions.create(
        {
          mode: 'subscription',
          customer: row.customer_id,
          line_items: [{ price: this.#price(plan), quantity: 1 }],
          success_url: `${back}?paid=yes`,
          cancel_url: back,
          subscription_data: { metadata: { zlhUser: customer.userId } },
        },
        work.key(`checkout ${plan}`),
      );
      await em.execute(
        'update billing_stripe_customer set session_id = ?, session_plan = ? where customer_id = ?',
        [session.id, plan, row.customer_id],
      );
      return { url: session.url! };
    }).then(orThrow);
  }

  portal(customer: Customer): Promise<{ readonly url: string }> {
    return this.#work(customer, async ({ stripe, row }) => {
      const session = await stripe.billingPortal.sessions.create({
        customer: row.customer_id,
        return_url: `${this.#deps.http.publicUrl}/billing`,
      });
      return { url: session.url };
    });
  }

  change(customer: Customer, plan: string, when: 'now' | 'period-end'): Promise<void> {
    return this.#alter(customer, async (work, subscription) => {
      await this.#release(work, subscription);
      if (when === 'now') return this.#upgrade(work, subscription, plan);
      return this.#schedule(work, subscription, plan);
    });
  }

  keepPlan(customer: Customer): Promise<void> {
    return this.#alter(customer, (work, subscription) => this.#release(work, subscription));
  }

  cancel(customer: Customer): Promise<void> {
    return this.#alter(customer, async (work, subscription) => {
      await this.#release(work, subscription);
      await this.#endAtPeriodEnd(work, subscription, true);
    });
  }

  resume(customer: Customer): Promise<void> {
    return this.#alter(customer, (work, subscription) =>
      this.#endAtPeriodEnd(work, subscription, false),
    );
  }

  async invoices(customer: Customer): Promise<readonly InvoiceView[]> {
    return this.#work(customer, async ({ stripe, row }) => {
      const list = { customer: row.customer_id, limit: maxInvoices };
      const { data } = await stripe.invoices.list(list);
      return data.map(
        ({ id, number, status, total, currency, created, hosted_invoice_url: url }) => ({
          id,
          number: number ?? null,
          status: status ?? 'draft',
          amount: total,
          currency,
          createdAt: new Date(created * 1000).toISOString(),
          url: url ?? null,
        }),
      );
    });
  }

  /** The checkout that is open already, for the same plan; one for another plan is closed first. */
  async #openSession({ em, stripe, row, key }: Work, plan: string) {
    const session = await stripe.checkout.sessions.retrieve(row.session_id!);
    if (session.status === 'complete') {
      await this.#deps.projector.project(em, row.customer_id);
      const current = currentOf(await this.#deps.projector.subscriptions(row.customer_id));
      return current === undefined || over.includes(current.status) ? null : alreadySubscribed;
    }
    if (session.status !== 'open') return null;
    if (row.session_plan === plan && session.url !== null) return { url: session.url };
    await stripe.checkout.sessions.expire(session.id, {}, key(`expire ${session.id}`));
    return null;
  }

  async #upgrade({ stripe, key }: Work, subscription: Subscription, plan: string) {
    const item = subscription.items.data[0]!;
    const changed = await stripe.subscriptions.update(
      subscription.id,
      {
        items: [{ id: item.id, price: this.#price(plan) }],
        proration_behavior: 'always_invoice',
        // Nothing is served before it is paid.
        payment_behavior: 'pending_if_incomplete',
      },
      key(`upgrade ${plan}`),
    );
    if (changed.pending_update === null || changed.pending_update === undefined) return;
    throw new Problem(
      402,
      'billing-stripe.payment-needed',
      'The payment did not go through, so your plan stays as it is. Change your card, and try again.',
    );
  }

  async #schedule({ stripe, key }: Work, subscription: Subscription, plan: string) {
    const { id } = await stripe.subscriptionSchedules.create(
      { from_subscription: subscription.id },
      key(`schedule ${plan}`),
    );
    const schedule = await stripe.subscriptionSchedules.retrieve(id);
    const item = subscription.items.data[0]!;
    await stripe.subscriptionSchedules.update(
      id,
      {
        end_behavior: 'release',
        proration_behavior: 'none',
        phases: [
          {
            items: [{ price: item.price.id, quantity: 1 }],
            start_date: schedule.phases[0]!.start_date,
            end_date: item.current_period_end,
          },
          {
            items: [{ price: this.#price(plan), quantity: 1 }],
            duration: {
              interval: this.#deps.billing.plan(plan)!.price.interval,
              interval_count: 1,
            },
          },
        ],
      },
      key(`phases ${plan}`),
    );
  }

  async #release({ stripe, key }: Work, { schedule }: Subscription): Promise<void> {
    const id = typeof schedule === 'string' ? schedule : schedule?.id;
    if (id === undefined) return;
    await stripe.subscriptionSchedules.release(id, {}, key(`release ${id}`));
  }

  async #endAtPeriodEnd({ stripe, key }: Work, { id }: Subscription, ends: boolean): Promise<void> {
    await stripe.subscriptions.update(
      id,
      { cancel_at_period_end: ends },
      key(ends ? 'cancel' : 'resume'),
    );
  }

  /** A change to the subscription as it is now, and what became of it. */
  #alter(
    customer: Customer,
    alter: (work: Work, subscription: Subscription) => Promise<void>,
  ): Promise<void> {
    return this.#work(customer, async (work) => {
      const { projector } = this.#deps;
      const current = currentOf(await projector.subscriptions(work.row.customer_id));
      if (current === undefined || over.includes(current.status))
        throw problems.conflict(
          'billing.no-subscription',
          'You have no subscription that could be changed. Choose a plan first.',
        );
      await alter(work, current);
      await projector.project(work.em, work.row.customer_id);
    });
  }

  /** One thing at a time for each user, in a transaction. */
  async #work<T>(customer: Customer, work: (work: Work) => Promise<T>): Promise<T> {
    const { database, projector, stripe: door } = this.#deps;
    try {
      const stripe = await door.client();
      const row = await this.#customer(stripe, customer);
      return await database.transaction(async (em) => {
        await projector.lock(em, row.customer_id);
        const [now] = await em.execute<CustomerRow[]>(
          `update billing_stripe_customer set writes = writes + 1 where customer_id = ?
           returning customer_id, session_id, session_plan, writes`,
          [row.customer_id],
        );
        const key = (step: string) => keyOf(row.customer_id, String(now!.writes), step);
        return work({ em, stripe, row: now!, key });
      });
    } catch (thrown) {
      const error = asProblem(thrown);
      // Stripe repeats a refusal for a day to the same key: the next try gets another.
      if (error instanceof Problem && error.status !== 503) await this.#newKeys(customer);
      throw error;
    }
  }

  async #newKeys({ userId }: Customer): Promise<void> {
    await this.#deps.database
      .fork()
      .execute('update billing_stripe_customer set writes = writes + 1 where user_id = ?', [
        userId,
      ]);
  }

  /** The user's customer at Stripe, made when there is none. */
  #customer(stripe: StripeClient, { userId, email }: Customer): Promise<{ customer_id: string }> {
    return this.#deps.database.transaction(async (em) => {
      await em.execute('select pg_advisory_xact_lock(?, hashtext(?))', [
        advisoryLocks.stripeUser,
        userId,
      ]);
      const [row] = await em.execute<{ customer_id: string }[]>(
        'select customer_id from billing_stripe_customer where user_id = ?',
        [userId],
      );
      if (row !== undefined) return row;
      const { id } = await stripe.customers.create(
        { email, metadata: { zlhUser: userId } },
        keyOf(userId, 'customer', email),
      );
      await em.execute(
        'insert into billing_stripe_customer (user_id, customer_id, writes) values (?, ?, 0)',
        [userId, id],
      );
      return { customer_id: id };
    });
  }

  #price(plan: string): string {
    const price = this.#deps.priceBook.priceOf(plan);
    if (price !== undefined) return price;
    throw problems.conflict('billing.not-for-sale', `The plan "${plan}" cannot be bought here.`);
  }
}

const alreadySubscribed = null;

function orThrow(answer: { readonly url: string } | null): { readonly url: string } {
  if (answer !== null) return answer;
  throw problems.conflict(
    'billing.subscribed',
    'You have a subscription already. Change it, or pay its open invoice, instead of buying a second one.',
  );
}

function keyOf(...parts: readonly string[]): { idempotencyKey: string } {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  return { idempotencyKey: `zlh-${hash}` };
}
