/**
 * A Stripe in memory, with a clock and the published shapes of the objects that are read. It keeps a model
 * of its own, so that comparing with `truth` tests the projection too.
 */
export interface Truth {
  readonly status: 'incomplete' | 'active' | 'past_due' | 'canceled';
  readonly price: string;
  readonly periodEnd: number;
  readonly cancelAtPeriodEnd: boolean;
  readonly next: string | null;
}

interface Model {
  readonly id: string;
  readonly customer: string;
  readonly created: number;
  status: Truth['status'];
  price: string;
  periodEnd: number;
  cancelAtPeriodEnd: boolean;
  /** The schedule, and the price it brings at the end of the period. */
  schedule: { readonly id: string; next: string | null } | null;
}
interface Bill {
  readonly id: string;
  readonly customer: string;
  readonly subscription: string;
  readonly created: number;
  readonly amount: number;
  status: 'open' | 'paid' | 'uncollectible';
  attempts: number;
  paidAt: number | null;
}
export interface DoubleEvent {
  readonly id: string;
  readonly object: 'event';
  readonly type: string;
  readonly created: number;
  readonly data: { readonly object: Readonly<Record<string, unknown>> };
}

const monthSeconds = 30 * 24 * 3600;
const maxAttempts = 4;

export class StripeDouble {
  /** Seconds, as Stripe counts. */
  now: number;
  /** Whether cards are good, by customer. */
  readonly declined = new Set<string>();
  readonly prices: Readonly<Record<string, number>>;
  readonly events: DoubleEvent[] = [];
  readonly subscriptions: Model[] = [];
  readonly bills: Bill[] = [];
  readonly sessions = new Map<string, { customer: string; price: string; status: string }>();
  #count = 0;

  /** `prices`: amounts by id. */
  constructor(prices: Readonly<Record<string, number>>, now = Math.floor(Date.now() / 1000)) {
    this.prices = prices;
    this.now = now;
  }

  newId(prefix: string): string {
    return `${prefix}_${++this.#count}`;
  }

  /** The customer pays an open checkout, or tries to. */
  pay(session: string): void {
    const found = this.sessions.get(session);
    if (found?.status !== 'open') throw new Error(`the checkout ${session} is not open`);
    found.status = 'complete';
    this.subscribe(found.customer, found.price);
    this.tell('checkout.session.completed', { id: session, customer: found.customer });
  }

  subscribe(customer: string, price: string): Model {
    const subscription: Model = {
      id: this.newId('sub'),
      customer,
      created: this.now,
      status: 'incomplete',
      price,
      periodEnd: this.now + monthSeconds,
      cancelAtPeriodEnd: false,
      schedule: null,
    };
    this.subscriptions.push(subscription);
    this.tell('customer.subscription.created', this.shape(subscription));
    this.#collect(subscription, this.#bill(subscription));
    return subscription;
  }

  /** Lets time pass: renewals, retries and ends come when they are due. */
  advance(seconds: number): void {
    this.now += seconds;
    for (const subscription of this.subscriptions) {
      if (subscription.status === 'past_due') this.#retry(subscription);
      while (subscription.status === 'active' && subscription.periodEnd <= this.now)
        this.#renew(subscription);
    }
  }

  /** The newest that is not over, else the newest. */
  truth(customer: string): Truth | null {
    const own = this.subscriptions.filter((each) => each.customer === customer);
    const served = ({ status }: Model) => status === 'active' || status === 'past_due';
    const best =
      own.findLast(served) ?? own.findLast(({ status }) => status === 'incomplete') ?? own.at(-1);
    if (best === undefined) return null;
    const { status, price, periodEnd, cancelAtPeriodEnd, schedule } = best;
    return { status, price, periodEnd, cancelAtPeriodEnd, next: schedule?.next ?? null };
  }

  find(id: string): Model {
    const found = this.subscriptions.find((each) => each.id === id);
    if (found === undefined) throw new Error(`no subscription ${id}`);
    return found;
  }

  /** False when the card is declined: then everything stays. */
  upgrade(subscription: Model, price: string): boolean {
    if (this.declined.has(subscription.customer)) return false;
    subscription.price = price;
    const bill = this.#bill(subscription);
    this.#settle(bill);
    this.changed(subscription);
    return true;
  }

  cancelNow(subscription: Model): void {
    Object.assign(subscription, { status: 'canceled', schedule: null });
    this.tell('customer.subscription.deleted', this.shape(subscription));
  }

  changed(subscription: Model): void {
    this.tell('customer.subscription.updated', this.shape(subscription));
  }

  tell(type: string, object: Readonly<Record<string, unknown>>): void {
    const id = this.newId('evt');
    this.events.push({ id, object: 'event', type, created: this.now, data: { object } });
  }

  shape({ id, customer, status, price, periodEnd, ...rest }: Model, expanded = false) {
    const { schedule } = rest;
    const item = { id: `si_${id}`, price: { id: price }, quantity: 1 };
    return {
      id,
      object: 'subscription',
      customer,
      status,
      created: rest.created,
      cancel_at_period_end: rest.cancelAtPeriodEnd,
      items: { object: 'list', data: [{ ...item, current_period_end: periodEnd }] },
      schedule: schedule === null || !expanded ? (schedule?.id ?? null) : this.scheduleOf(id),
      pending_update: null,
      metadata: {},
    };
  }

  scheduleOf(subscriptionId: string) {
    const { schedule, price, periodEnd, created } = this.find(subscriptionId);
    const phase = (id: string, start: number, end: number) => ({
      items: [{ price: id, quantity: 1 }],
      start_date: start,
      end_date: end,
    });
    return {
      id: schedule!.id,
      object: 'subscription_schedule',
      subscription: subscriptionId,
      status: 'active',
      end_behavior: 'release',
      phases: [
        phase(price, created, periodEnd),
        ...(schedule!.next === null
          ? []
          : [phase(schedule!.next, periodEnd, periodEnd + monthSeconds)]),
      ],
    };
  }

  invoice({ id, customer, subscription, created, amount, status, attempts, paidAt }: Bill) {
    return {
      id,
      object: 'invoice',
      customer,
      number: id.toUpperCase(),
      status,
      created,
      currency: 'eur',
      total: amount,
      amount_due: amount,
      amount_paid: status === 'paid' ? amount : 0,
      attempt_count: attempts,
      hosted_invoice_url: `https://invoice.example.org/${id}`,
      status_transitions: { paid_at: paidAt },
      parent: { type: 'subscription_details', subscription_details: { subscription } },
    };
  }

  #bill({ id, customer, price }: Model): Bill {
    const bill: Bill = {
      id: this.newId('in'),
      customer,
      subscription: id,
      created: this.now,
      amount: this.prices[price] ?? 0,
      status: 'open',
      attempts: 0,
      paidAt: null,
    };
    this.bills.push(bill);
    return bill;
  }

  #settle(bill: Bill): void {
    Object.assign(bill, { status: 'paid', paidAt: this.now, attempts: bill.attempts + 1 });
    // Two events for one fact, as Stripe sends them.
    for (const type of ['invoice.paid', 'invoice.payment_succeeded'])
      this.tell(type, this.invoice(bill));
  }

  #collect(subscription: Model, bill: Bill): void {
    if (this.declined.has(subscription.customer)) {
      bill.attempts++;
      if (subscription.status === 'active') subscription.status = 'past_due';
      this.tell('invoice.payment_failed', this.invoice(bill));
    } else {
      subscription.status = 'active';
      this.#settle(bill);
    }
    this.changed(subscription);
  }

  #retry(subscription: Model): void {
    const bill = this.bills.findLast(
      (each) => each.subscription === subscription.id && each.status === 'open',
    );
    if (bill !== undefined) this.#collect(subscription, bill);
    if (subscription.status !== 'past_due' || (bill?.attempts ?? 0) < maxAttempts) return;
    bill!.status = 'uncollectible';
    this.cancelNow(subscription);
  }

  #renew(subscription: Model): void {
    if (subscription.cancelAtPeriodEnd) return this.cancelNow(subscription);
    if (subscription.schedule !== null) {
      subscription.price = subscription.schedule.next ?? subscription.price;
      subscription.schedule = null;
    }
    subscription.periodEnd += monthSeconds;
    this.#collect(subscription, this.#bill(subscription));
  }
}
