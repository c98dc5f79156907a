/** Guarantees of recovery: a restart takes over what was stored, and finds what was lost. */
// time-limit: 300s
import type { Person } from '@zlh/accounts/testing';
import type { Plan } from '@zlh/billing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settingFaults, type Settings } from './settings.ts';
import { startStripe, type TestStripe } from './test/platform.ts';

const stateOf = async (platform: TestStripe, { user }: Pick<Person, 'user'>) => {
  const rows = await platform.sql<{ plan: string; status: string }>(
    'select plan, status from billing_account where user_id = ?',
    [user.id],
  );
  return rows.map(({ plan, status }) => [plan, status]);
};

async function buy(platform: TestStripe, person: Person): Promise<void> {
  await person.client.post('/api/billing/checkout', { plan: 'silver' });
  platform.double.pay([...platform.double.sessions.keys()].at(-1)!);
}

test('a process that ends between storing and projecting leaves the rest to the next one', async () => {
  const first = await startStripe();
  const ada = await first.user();
  await buy(first, ada);
  first.server.broken = 500;
  for (const event of first.double.events)
    assert.is((await first.deliver(event)).status, 200, 'it is stored while Stripe is away');
  assert.equal(await stateOf(first, ada), []);
  const second = await first.restart();
  try {
    await second.quiet();
    assert.equal(await stateOf(second, ada), [['silver', 'active']]);
    const waiting = 'select 1 from billing_stripe_event where handled_at is null';
    assert.equal(await second.sql(waiting), []);
  } finally {
    await second.stop();
  }
});

test('payments whose events were lost are found at the next start', async () => {
  const first = await startStripe();
  const ada = await first.user();
  await buy(first, ada);
  assert.equal(await stateOf(first, ada), []);
  const second = await first.restart();
  try {
    await second.until(async () => (await stateOf(second, ada)).length > 0);
    assert.equal(await stateOf(second, ada), [['silver', 'active']]);
  } finally {
    await second.stop();
  }
});

test('prices that differ from their plans, or are unknown, keep plans from being sold, and all else runs', async () => {
  const platform = await startStripe({
    prices: { silver: 'price_gold', gold: 'price_nobody_knows', chess: 'price_silver' },
  });
  try {
    const { client } = await platform.user();
    const sold = async () => {
      const { items } = (await client.get('/api/billing/plans')).body;
      return items.some((item: { forSale: boolean }) => item.forSale);
    };
    while (await sold()); // until the prices were compared
    const refused = await client.post('/api/billing/checkout', { plan: 'silver' });
    assert.equal([refused.status, refused.body.code], [409, 'billing.not-for-sale']);
  } finally {
    await platform.stop();
  }
});

test('each wrong setting is named', () => {
  const plans = [{ id: 'gold' }, { id: 'silver' }] as unknown as Plan[];
  const right = {
    apiKey: 'sk_1',
    webhookSecret: 'whsec_1',
    apiUrl: 'https://a.example',
    prices: {},
  };
  const faults = (wrong: Partial<Settings>) =>
    settingFaults({ ...right, ...wrong }, plans)
      .map(({ message }) => message)
      .join(' ');
  assert.is(faults({}), '');
  assert.match(faults({ apiKey: 'pk_1' }), 'apiKey is a publishable key');
  assert.match(faults({ webhookSecret: '' }), 'webhookSecret is not set');
  assert.match(faults({ apiUrl: 'nowhere' }), 'apiUrl is no address');
  assert.match(faults({ prices: { chess: 'price_1' } }), '"chess", which is no plan');
  assert.match(faults({ prices: { gold: 'price_1', silver: 'price_1' } }), 'one price');
});

test.run();
