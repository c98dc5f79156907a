/**
 * Our state equals Stripe's after each of 300 random histories of a customer, whose events come late,
 * doubled, in another order or not at all. The seed is printed.
 */
import { isLive, transition, type SubscriptionStatus } from '@zlh/billing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ledgerOf, snapshotOf, type Invoice, type Subscription } from './projection.ts';
import { StripeDouble } from './testing/double.ts';

const count = 300;
const seed = Number(process.env['ZLH_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const prices = { price_silver: 500, price_gold: 1500 };
const planOf = (price: string) => price.replace('price_', '');
const day = 24 * 3600;
const statusOf = {
  incomplete: 'incomplete',
  active: 'active',
  past_due: 'past-due',
  canceled: 'ended',
} as const;

/** A small generator of numbers that a seed repeats. */
function randomOf(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The account and the ledger of one customer, as billing keeps them. */
class Books {
  status: SubscriptionStatus = 'none';
  snapshot: ReturnType<typeof snapshotOf> = null;
  readonly ledger = new Map<string, number | null>();
  readonly #seen = new Set<string>();

  constructor(double: StripeDouble, customer: string) {
    this.look = () => {
      const own = (each: { customer: string }) => each.customer === customer;
      const subscriptions = double.subscriptions.filter(own).toReversed();
      this.snapshot = snapshotOf(
        subscriptions.map((each) => double.shape(each, true) as Subscription),
        planOf,
      );
      if (this.snapshot === null) return;
      this.status = transition(this.status, this.snapshot.fact).status;
      const invoices = double.bills.filter(own).map((each) => double.invoice(each) as Invoice);
      for (const { naturalKey, amount } of ledgerOf(invoices, customer, null))
        if (!this.ledger.has(naturalKey)) this.ledger.set(naturalKey, amount);
    };
  }
  readonly look: () => void;

  hear(eventId: string): void {
    if (this.#seen.has(eventId)) return;
    this.#seen.add(eventId);
    this.look();
  }
}

function live(double: StripeDouble, random: (below: number) => number): void {
  const customer = 'cus_1';
  const current = double.subscriptions.findLast(({ status }) => status !== 'canceled');
  const steps = [
    () => double.advance((1 + random(40)) * day),
    () =>
      void (double.declined.has(customer)
        ? double.declined.clear()
        : double.declined.add(customer)),
    () => {
      if (current === undefined || current.status === 'incomplete')
        double.subscribe(customer, random(2) ? 'price_gold' : 'price_silver');
    },
    () => void (current?.status === 'active' && double.upgrade(current, 'price_gold')),
    () => {
      if (current?.status !== 'active') return;
      current.schedule = { id: double.newId('sub_sched'), next: 'price_silver' };
      double.changed(current);
    },
    () => {
      if (current === undefined) return;
      current.cancelAtPeriodEnd = !current.cancelAtPeriodEnd;
      double.changed(current);
    },
    () => void (current !== undefined && random(4) === 0 && double.cancelNow(current)),
  ];
  steps[random(steps.length)]!();
}

test(`after each of ${count} histories our state equals the double's (seed ${seed})`, () => {
  const reached = new Set<string>();
  for (let history = 0; history < count; history++) {
    const random = randomOf(seed + history);
    const double = new StripeDouble(prices, 1_800_000_000);
    const books = new Books(double, 'cus_1');
    const late: string[] = [];
    let told = 0;
    for (let step = 0; step < 20; step++) {
      live(double, random);
      for (const { id } of double.events.slice(told))
        for (let copy = random(3); copy > 0; copy--) late.splice(random(late.length + 1), 0, id);
      told = double.events.length;
      while (late.length > 0 && random(3) > 0) books.hear(late.shift()!);
    }
    books.look(); // the hourly comparison
    const truth = double.truth('cus_1');
    const where = `history ${history} of seed ${seed}`;
    const { snapshot } = books;
    if (truth === null) {
      assert.is(snapshot, null, where);
      continue;
    }
    reached.add(truth.status);
    assert.is(books.status, statusOf[truth.status], where);
    assert.equal(
      [
        snapshot!.plan,
        snapshot!.currentPeriodEnd!.getTime() / 1000,
        snapshot!.cancelAtPeriodEnd,
        isLive(books.status) ? snapshot!.scheduledPlan : null,
      ],
      [
        planOf(truth.price),
        truth.periodEnd,
        truth.cancelAtPeriodEnd,
        isLive(books.status) && truth.next !== null && truth.next !== truth.price
          ? planOf(truth.next)
          : null,
      ],
      where,
    );
    const paid = double.bills.filter(({ status }) => status === 'paid');
    assert.equal(
      [...books.ledger.keys()].filter((key) => key.endsWith(':paid')).sort(),
      paid.map(({ id }) => `stripe:${id}:paid`).sort(),
      where,
    );
  }
  assert.equal([...reached].sort(), ['active', 'canceled', 'incomplete', 'past_due']);
});

test.run();
