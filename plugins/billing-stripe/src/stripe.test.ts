/**
 * Guarantees of payments through Stripe: our state equals Stripe's whatever becomes of events, nobody pays
 * twice, and nobody but Stripe is believed.
 */
// time-limit: 300s
import type { Person } from '@zlh/accounts/testing';
import { schemaDifference } from '@zlh/database/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startStripe, webhookSecret, type TestStripe } from './test/platform.ts';
import { signed } from './testing/index.ts';

let platform: TestStripe;
test.before(async () => {
  platform = await startStripe();
});
test.after(() => platform.stop());

const day = 24 * 3600;
const post = ({ client }: Person, path: string, body?: object) =>
  client.post(`/api/billing/${path}`, body);
const billingOf = async ({ client }: Person) => (await client.get('/api/billing')).body;
const state = async (person: Person) => {
  const { plan, subscriptionStatus } = await billingOf(person);
  return [plan, subscriptionStatus];
};
const customerOf = async ({ user }: Person) =>
  (
    await platform.sql<{ customer_id: string }>(
      'select customer_id from billing_stripe_customer where user_id = ?',
      [user.id],
    )
  )[0]!.customer_id;
const openOf = (customer: string) =>
  [...platform.double.sessions].filter(
    ([, session]) => session.customer === customer && session.status === 'open',
  );

/** Pays a plan in a checkout; its events are not delivered yet. */
async function buy(person: Person, plan: string): Promise<string> {
  assert.is((await post(person, 'checkout', { plan })).status, 201);
  const customer = await customerOf(person);
  platform.double.pay(openOf(customer)[0]![0]);
  return customer;
}
const ledgerOf = ({ user }: Person) =>
  platform.sql<{ kind: string; amount: number }>(
    'select kind, amount from billing_ledger where user_id = ? order by natural_key',
    [user.id],
  );

test('a purchase, a renewal, a failed payment and its retry are each taken over once', async () => {
  const ada = await platform.user();
  const customer = await buy(ada, 'silver');
  assert.equal(await state(ada), ['free', 'none']);
  await platform.deliverAll();
  assert.equal(await state(ada), ['silver', 'active']);
  platform.double.advance(31 * day);
  await platform.deliverAll();
  platform.double.declined.add(customer);
  platform.double.advance(30 * day);
  await platform.deliverAll();
  assert.equal(await state(ada), ['silver', 'past-due']);
  platform.double.declined.delete(customer);
  platform.double.advance(day);
  await platform.deliverAll();
  assert.equal(await state(ada), ['silver', 'active']);
  const kinds = (await ledgerOf(ada)).map(({ kind, amount }) => `${kind} ${amount}`);
  assert.equal(kinds.sort(), [
    'invoice-paid 500',
    'invoice-paid 500',
    'invoice-paid 500',
    'payment-failed 500',
  ]);
  const { items } = (await ada.client.get('/api/billing/invoices')).body;
  assert.is(items.length, 3);
});

test('an upgrade holds at once, a downgrade and a cancellation at the end of the period', async () => {
  const ada = await platform.user();
  const customer = await buy(ada, 'silver');
  await platform.deliverAll();
  assert.is((await post(ada, 'upgrade', { plan: 'gold' })).body.plan, 'gold');
  const down = (await post(ada, 'downgrade', { plan: 'silver' })).body;
  assert.equal(
    [down.plan, down.scheduledPlan, down.scheduledPlanEffectiveAt],
    ['gold', 'silver', down.currentPeriodEnd],
  );
  assert.is((await ada.client.delete('/api/billing/downgrade')).body.scheduledPlan, null);
  await post(ada, 'downgrade', { plan: 'silver' });
  assert.is((await post(ada, 'cancel')).body.cancelAtPeriodEnd, true);
  assert.is((await post(ada, 'resume')).body.cancelAtPeriodEnd, false);
  await post(ada, 'downgrade', { plan: 'silver' });
  platform.double.advance(31 * day);
  await platform.deliverAll();
  assert.equal(await state(ada), ['silver', 'active']);
  await post(ada, 'cancel');
  platform.double.advance(31 * day);
  await platform.deliverAll();
  assert.equal(await state(ada), ['free', 'ended']);
  assert.is(platform.double.truth(customer)!.status, 'canceled');
});

test('an upgrade that is not paid changes nothing', async () => {
  const ada = await platform.user();
  platform.double.declined.delete(await buy(ada, 'silver'));
  await platform.deliverAll();
  platform.double.declined.add(await customerOf(ada));
  const { status, body } = await post(ada, 'upgrade', { plan: 'gold' });
  assert.equal([status, body.code], [402, 'billing-stripe.payment-needed']);
  assert.equal(await state(ada), ['silver', 'active']);
  platform.double.declined.delete(await customerOf(ada));
  assert.is((await post(ada, 'upgrade', { plan: 'gold' })).body.plan, 'gold', 'another card');
});

test('many checkouts at once leave one open, and a second plan is not sold', async () => {
  const ada = await platform.user();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      post(ada, 'checkout', { plan: index % 2 ? 'gold' : 'silver' }),
    ),
  );
  assert.equal([...new Set(answers.map(({ status }) => status))], [201]);
  const customer = await customerOf(ada);
  const open = openOf(customer);
  assert.is(open.length, 1);
  platform.double.pay(open[0]![0]);
  const again = await post(ada, 'checkout', { plan: 'gold' });
  assert.equal([again.status, again.body.code], [409, 'billing.subscribed']);
  assert.is(openOf(customer).length, 0);
  const made = platform.double.subscriptions.filter((each) => each.customer === customer);
  assert.is(made.length, 1);
  const customers = platform.server.writes.filter(({ line }) => line === 'POST /v1/customers');
  assert.is(new Set(customers.map(({ key }) => key)).size, customers.length);
});

test('every write to Stripe has a key of its own', () => {
  const { writes } = platform.server;
  const keyed = writes.filter(({ line }) => !line.includes('billing_portal'));
  assert.ok(keyed.length > 10);
  assert.ok(keyed.every(({ key }) => key.startsWith('zlh-')));
  assert.is(new Set(keyed.map(({ key }) => key)).size, keyed.length);
});

test('forged, aged, altered and unsigned events are refused, and nothing of them is kept', async () => {
  const [event] = platform.double.events;
  const forged = { ...event!, id: 'evt_forged' };
  const old = Math.floor(Date.now() / 1000) - 3600;
  const signatures: ((body: string) => string)[] = [
    () => '',
    () => 't=1,v1=00',
    (body) => signed(body, 'whsec_other'),
    (body) => signed(body, ''),
    (body) => signed(body, webhookSecret, old),
    (body) => signed(`${body} `, webhookSecret),
  ];
  for (const signature of signatures) {
    const { status, body } = await platform.deliver(forged, signature);
    assert.equal([status, body.code], [400, 'billing-stripe.not-signed']);
  }
  const kept = await platform.sql(`select 1 from billing_stripe_event where id = 'evt_forged'`);
  assert.equal(kept, []);
});

test('doubled, reordered and replayed events are kept once and change nothing', async () => {
  const ada = await platform.user();
  await buy(ada, 'silver');
  const mine = platform.double.events.slice(-5);
  await platform.deliverAll();
  const before = [await billingOf(ada), await ledgerOf(ada)];
  const answers = await Promise.all(
    [...mine, ...mine.toReversed(), ...mine].map((event) => platform.deliver(event)),
  );
  assert.ok(answers.every(({ status }) => status === 200));
  await platform.quiet();
  assert.equal([await billingOf(ada), await ledgerOf(ada)], before);
});

test('events of unknown types and of strangers are kept, and move nobody', async () => {
  const event = (id: string, type: string, object: object) =>
    platform.deliver({
      id,
      object: 'event',
      type,
      created: platform.double.now,
      data: { object: object as Record<string, unknown> },
    });
  await event('evt_new', 'tomorrow.invented', { customer: 'cus_x' });
  await event('evt_far', 'customer.subscription.updated', { customer: 'cus_of_another' });
  await event('evt_odd', 'invoice.paid', { customer: { id: 1 } });
  await platform.quiet();
  const rows = await platform.sql(
    `select id, outcome from billing_stripe_event where id in ('evt_new', 'evt_far', 'evt_odd') order by id`,
  );
  assert.equal(rows, [
    { id: 'evt_far', outcome: 'foreign' },
    { id: 'evt_new', outcome: 'unknown' },
    { id: 'evt_odd', outcome: 'unknown' },
  ]);
});

test('the schema is what the entities say', async () => {
  assert.is(await schemaDifference(platform.kernel), '');
});

test.run();
