/**
 * Compares with Stripe at the start and every hour: events that were never delivered, events whose
 * operation failed, and every customer.
 */
import type { Logger } from '@zlh/kernel';
import type { Database } from '@zlh/database';
import { asProblem, type StripeDoor } from './client.ts';
import type { Projector } from './projector.ts';
import type { PriceBook } from './price-book.ts';
import type { Inbox } from './webhooks.ts';

interface ReconcilerDeps {
  readonly database: Database;
  readonly stripe: StripeDoor;
  readonly inbox: Inbox;
  readonly projector: Projector;
  readonly priceBook: PriceBook;
  readonly log: Logger;
}

const everyMs = 3_600_000;
/** Stripe keeps events for thirty days. */
const maxEvents = 1000;
const keepDays = 90;

export class Reconciler {
  readonly #deps: ReconcilerDeps;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  begin(): void {
    const run = () => (this.#running = this.#running.then(() => this.#try()));
    this.#timer = setInterval(() => void run(), everyMs);
    void run();
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  async reconcile(): Promise<void> {
    await this.#deps.priceBook.check();
    await this.#fetchUndelivered();
    await this.#beginWaiting();
    const customers = await this.#deps.database
      .fork()
      .execute<{ customer_id: string }[]>('select customer_id from billing_stripe_customer');
    for (const { customer_id: id } of customers) {
      if (this.#ended) return;
      await this.#deps.database.transaction((em) => this.#deps.projector.project(em, id));
    }
  }

  async #try(): Promise<void> {
    if (this.#ended) return;
    try {
      await this.reconcile();
    } catch (thrown) {
      const error = asProblem(thrown);
      this.#deps.log.error({ err: error }, 'comparing with Stripe failed; next try in an hour');
    }
  }

  async #fetchUndelivered(): Promise<void> {
    const { database, inbox, stripe } = this.#deps;
    const client = await stripe.client();
    const events = client.events.list({ delivery_success: false, limit: 100 });
    for (const event of await events.autoPagingToArray({ limit: maxEvents }))
      await database.transaction((em) => inbox.keep(em, event as never, JSON.stringify(event)));
  }

  /** Their operations failed, for Stripe was away for too long. */
  async #beginWaiting(): Promise<void> {
    const { database, inbox } = this.#deps;
    await database.transaction(async (em) => {
      await em.execute(
        `delete from billing_stripe_event where received_at < now() - make_interval(days => ?)`,
        [keepDays],
      );
      const waiting = await em.execute<{ id: string; type: string }[]>(
        `select id, type from billing_stripe_event
         where handled_at is null and received_at < now() - interval '10 minutes'
         order by received_at limit 1000`,
      );
      for (const { id, type } of waiting) await inbox.begin(em, id, type);
    });
  }
}
