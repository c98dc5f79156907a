/** Guarantees of billing: a plan is never exceeded, is each user's own, and ends when it is over. */
import type { Person } from '@zlh/accounts/testing';
import { withKey } from '@zlh/accounts/testing';
import { Database, newId } from '@zlh/database';
import { schemaDifference } from '@zlh/database/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Billing } from './index.ts';
import { startBilling, wanted, type TestBilling } from './test/platform.ts';

let platform: TestBilling;
test.before(async () => {
  platform = await startBilling();
});
test.before.each(() => {
  platform.now = new Date('2027-01-01T00:00:00Z');
  platform.asked.length = 0;
});
test.after(() => platform.stop());

const create = ({ client }: Person, more = {}) =>
  client.post('/api/instances', { ...wanted, ...more });
const billingOf = async ({ client }: Person) => (await client.get('/api/billing')).body;
const later = new Date('2027-02-01T00:00:00Z');

test('fifty creations at once never exceed a plan, and the refusal names a larger one', async () => {
  const ada = await platform.user();
  await platform.says(ada, 'paid', 'silver');
  const answers = await Promise.all(Array.from({ length: 50 }, () => create(ada)));
  const refused = answers.filter(({ status }) => status !== 202);
  assert.equal([answers.length - refused.length, refused.length], [3, 47]);
  for (const { status, body } of refused)
    assert.equal(
      [status, body.code, body.limit, body.used, body.plan],
      [402, 'billing.limit-instances', 3, 3, { id: 'gold', name: 'Gold' }],
    );
  assert.is(
    refused[0]!.body.detail,
    'Your plan "Silver" includes 3 instances; you use 3, so this does not fit. Choose the plan "Gold" on the billing page, delete an instance, or choose less.',
  );
  assert.equal((await billingOf(ada)).usage, { instances: 3, memoryMiB: 384, diskMiB: 30_720 });
});

test('the default plan limits memory, and above the largest plan the host is the one to ask', async () => {
  const bob = await platform.user();
  const large = await create(bob, { memoryMiB: 1024 });
  assert.equal(
    [large.status, large.body.code, large.body.limit, large.body.used, large.body.plan.id],
    [402, 'billing.limit-memory', 512, 0, 'silver'],
  );
  await platform.says(bob, 'paid', 'gold');
  assert.is((await create(bob, { memoryMiB: 12_000 })).status, 202);
  const { body } = await create(bob, { memoryMiB: 12_000 });
  assert.equal([body.code, body.plan], ['billing.limit-memory', null]);
  assert.match(body.detail, /ask the host for more\.$/);
});

test('an administrator is limited by no plan', async () => {
  const admin = await platform.admin();
  assert.is((await create(admin, { memoryMiB: 4096 })).status, 202);
});

test('a plan is served while it is paid, and no longer', async () => {
  const eve = await platform.user();
  const shown = async () => {
    const { plan, subscriptionStatus, limits } = await billingOf(eve);
    return [plan, subscriptionStatus, limits.instances];
  };
  assert.equal(await shown(), ['free', 'none', 1]);
  await platform.says(eve, 'payment-awaited', 'silver');
  assert.equal(await shown(), ['free', 'incomplete', 1]);
  await platform.says(eve, 'paid', 'silver');
  assert.equal(await shown(), ['silver', 'active', 3]);
  await platform.says(eve, 'payment-failed', 'silver');
  assert.equal(await shown(), ['silver', 'past-due', 3]);
  await platform.says(eve, 'payment-given-up', 'silver');
  assert.equal(await shown(), ['free', 'unpaid', 1]);
  await platform.says(eve, 'paid', 'silver', { cancelAtPeriodEnd: true, currentPeriodEnd: later });
  assert.equal(await shown(), ['silver', 'active', 3]);
  platform.now = later;
  assert.equal(await shown(), ['free', 'ended', 1]);
});

test('a scheduled plan is served from its hour on, before the provider says so', async () => {
  const eve = await platform.user();
  await platform.says(eve, 'paid', 'gold', {
    currentPeriodEnd: later,
    scheduledPlan: 'silver',
    scheduledPlanEffectiveAt: later,
  });
  const before = await billingOf(eve);
  assert.equal([before.plan, before.scheduledPlan], ['gold', 'silver']);
  platform.now = later;
  const after = await billingOf(eve);
  assert.equal([after.plan, after.scheduledPlan, after.limits.instances], ['silver', null, 3]);
});

test('a plan that the host removed keeps its limits for those who pay for it', async () => {
  const ida = await platform.user();
  await platform.says(ida, 'paid', 'gold');
  await platform.sql(`update billing_account set plan = 'removed' where user_id = ?`, [
    ida.user.id,
  ]);
  await platform.says(ida, 'paid', 'removed');
  const { plan, limits } = await billingOf(ida);
  assert.equal([plan, limits.instances], ['removed', 20]);
  const bought = await ida.client.post('/api/billing/checkout', { plan: 'removed' });
  assert.equal([bought.status, bought.body.code], [422, 'http.invalid']);
});

test('the database lets nobody change or shorten the ledger, and takes each fact once', async () => {
  const { user } = await platform.user();
  const entry = {
    naturalKey: `till:${newId()}:paid`,
    userId: user.id,
    kind: 'invoice-paid',
    plan: 'gold',
    amount: 1500,
    currency: 'eur',
    at: later,
  } as const;
  const record = () =>
    platform.kernel
      .use(Database)
      .transaction((em) => platform.kernel.use(Billing).record(em, entry));
  const answers = await Promise.all(Array.from({ length: 20 }, record));
  assert.is(answers.filter(Boolean).length, 1);
  for (const statement of [
    'update billing_ledger set amount = 1',
    'delete from billing_ledger',
    'truncate billing_ledger',
  ])
    await platform.sql(statement).then(
      () => assert.unreachable(statement),
      (error: Error) => assert.match(error.message, /only grows/),
    );
  const rows = await platform.sql('select amount from billing_ledger where user_id = ?', [user.id]);
  assert.equal(rows, [{ amount: 1500 }]);
});

test('plans are bought, changed and cancelled through the provider that sells them', async () => {
  const ada = await platform.user();
  const post = async (path: string, body?: object) => {
    const answer = await ada.client.post(`/api/billing/${path}`, body);
    return answer.body.code ?? answer.status;
  };
  assert.is(await post('checkout', { plan: 'free' }), 'billing.not-for-sale');
  assert.is(await post('upgrade', { plan: 'gold' }), 'billing.no-subscription');
  assert.is(await post('portal'), 'billing.not-paid-here');
  assert.is(await post('checkout', { plan: 'silver' }), 201);
  await platform.says(ada, 'paid', 'silver');
  assert.is(await post('checkout', { plan: 'gold' }), 'billing.subscribed');
  assert.is(await post('upgrade', { plan: 'silver' }), 'billing.not-an-upgrade');
  assert.is(await post('downgrade', { plan: 'gold' }), 'billing.not-a-downgrade');
  assert.is(await post('upgrade', { plan: 'gold' }), 200);
  await platform.says(ada, 'paid', 'gold');
  assert.is(await post('downgrade', { plan: 'silver' }), 200);
  assert.is((await ada.client.delete('/api/billing/downgrade')).status, 200);
  for (const action of ['cancel', 'resume', 'portal']) assert.is(await post(action), 200);
  assert.equal(platform.asked, [
    'checkout silver',
    'change gold now',
    'change silver period-end',
    'keepPlan',
    'cancel',
    'resume',
    'portal',
  ]);
});

test('an administrator grants a plan, for some time or for good, and revokes it; nobody else does', async () => {
  const [admin, ada] = [await platform.admin(), await platform.user()];
  const path = `/api/billing/accounts/${ada.user.id}`;
  const grant = (body: object, by = admin) => by.client.send('PUT', path, body);
  assert.is((await grant({ plan: 'gold' }, ada)).status, 403);
  assert.is((await ada.client.get(path)).status, 403);
  assert.is((await grant({ plan: 'chess' })).status, 422);
  assert.is((await grant({ plan: 'gold', until: '2026-12-31T00:00:00Z' })).status, 422);
  const granted = await grant({ plan: 'gold', until: later.toISOString() });
  assert.equal([granted.status, granted.body.source], [200, 'manual']);
  assert.is((await billingOf(ada)).plan, 'gold');
  const bought = await ada.client.post('/api/billing/checkout', { plan: 'silver' });
  assert.is(bought.body.code, 'billing.subscribed');
  platform.now = later;
  assert.equal((await billingOf(ada)).plan, 'free');
  await grant({ plan: 'silver' });
  assert.is((await billingOf(ada)).plan, 'silver');
  await grant({ plan: null });
  assert.is((await billingOf(ada)).plan, 'free');
  const nobody = await admin.client.send('PUT', `/api/billing/accounts/${newId()}`, {
    plan: 'gold',
  });
  assert.is(nobody.status, 404);
  const kinds = await platform.sql<{ kind: string }>(
    'select kind from billing_ledger where user_id = ? order by id',
    [ada.user.id],
  );
  assert.equal(
    kinds.map(({ kind }) => kind),
    ['granted', 'granted', 'revoked'],
  );
});

test('a grant and a payment do not undo each other', async () => {
  const [admin, ada] = [await platform.admin(), await platform.user()];
  const grant = (plan: string | null) =>
    admin.client.send('PUT', `/api/billing/accounts/${ada.user.id}`, { plan });
  await grant('gold');
  await platform.says(ada, 'ended', 'silver');
  assert.is((await billingOf(ada)).plan, 'gold');
  await platform.says(ada, 'paid', 'silver');
  assert.is((await billingOf(ada)).plan, 'silver');
  assert.equal((await grant('gold')).body.code, 'billing-manual.pays');
});

test('somebody who pays keeps the account; a key needs the scope', async () => {
  const [admin, ada] = [await platform.admin(), await platform.user()];
  await platform.says(ada, 'paid', 'silver');
  const remove = () => admin.client.delete(`/api/users/${ada.user.id}`);
  assert.is((await remove()).body.code, 'billing.account-pays');
  const reader = await withKey(platform.kernel, ada, ['billing.read']);
  assert.is((await reader.get('/api/billing')).status, 200);
  assert.is((await reader.post('/api/billing/cancel')).status, 403);
  await platform.says(ada, 'ended', 'silver');
  assert.is((await remove()).status, 204);
});

test('without plans nothing is offered and nothing is limited', async () => {
  const bare = await startBilling({ plans: [], defaultPlan: '' });
  try {
    const ada = await bare.user();
    const { body } = await ada.client.get('/api/billing');
    assert.equal([body.plan, body.limits], [null, null]);
    assert.equal((await ada.client.get('/api/billing/plans')).body, { items: [] });
    const answers = await Promise.all([1, 2, 3].map(() => create(ada, { memoryMiB: 8192 })));
    assert.equal(
      answers.map(({ status }) => status),
      [202, 202, 202],
    );
  } finally {
    await bare.stop();
  }
});

test('the schema is what the entities say', async () => {
  assert.is(await schemaDifference(platform.kernel), '');
});

test.run();
