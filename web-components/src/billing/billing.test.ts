/** The billing page: the plan in words, what is used, and each change after a question. */
import { readFileSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { paying } from '../../test/billing-data.ts';
import { axe, dark, light, phone, Portal } from '../../test/browser.ts';
import { partsFor } from '../../test/parts.ts';
import type { PortalPage } from '../api/schema.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

/** As the plugin adds it where there are plans. */
function billingPage(): PortalPage {
  const file = new URL('../../dist/elements/modules.json', import.meta.url);
  const { billing: module } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return {
    plugin: 'billing',
    id: 'billing',
    label: 'Billing',
    path: '/billing',
    element: 'zlh-billing',
    module: module!,
    order: 85,
    public: false,
    navigation: { icon: 'card' },
  };
}

async function visit(options: BrowserContextOptions = {}): Promise<Page> {
  const parts = partsFor(true);
  portal.platform.faults.set('GET /api/portal/parts', {
    status: 200,
    body: { ...parts, pages: [...parts.pages, billingPage()] },
  });
  const page = await portal.visit('/billing', options);
  await page.getByText('Your plan').first().waitFor();
  return page;
}
const question = (page: Page) => page.locator('wa-dialog[open]');
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

when(chromium)('somebody without a subscription chooses a plan and is led to pay', async () => {
  const page = await visit();
  await page.getByText('No subscription').waitFor();
  await page.getByText('1 of 1').waitFor();
  await page.getByText('1 GiB of 2 GiB').waitFor();
  await page.getByText('€9.00 per month').waitFor();
  assert.is(await button(page, 'Choose Free').count(), 0);
  await button(page, 'Choose Pro').click();
  await page.waitForURL(/\/billing\?chosen=pro$/);
});

when(chromium)(
  'an upgrade, a downgrade and its withdrawal change the words of the plan',
  async () => {
    portal.world.billing = paying('pro');
    const page = await visit();
    await page.getByText(/^Renews on/).waitFor();
    await page.getByText('ZLH-0001').first().waitFor();
    await button(page, 'Upgrade to Max').click();
    await page.getByText('charged now').waitFor();
    await question(page).getByRole('button', { name: 'Upgrade to Max' }).click();
    await page.getByRole('heading', { name: 'Max', level: 2, exact: true }).waitFor();
    await button(page, 'Downgrade to Pro').click();
    await page.getByText('You keep what you have until').waitFor();
    await question(page).getByRole('button', { name: 'Downgrade to Pro' }).click();
    await page.getByText(/^Changes to Pro on/).waitFor();
    await button(page, 'Keep Max').click();
    await page.getByText(/^Renews on/).waitFor();
  },
);

when(chromium)('a cancellation asks first, says until when, and can be undone', async () => {
  portal.world.billing = paying('pro');
  const page = await visit();
  await button(page, 'Cancel').click();
  await page.getByText('Your servers stay.').waitFor();
  await question(page).getByRole('button', { name: 'Cancel plan' }).click();
  await page.getByText(/^Ends on/).waitFor();
  await button(page, 'Resume').click();
  await page.getByText(/^Renews on/).waitFor();
});

when(chromium)('a refusal is shown, and a failed payment leads to the card', async () => {
  portal.world.billing = { ...paying('pro'), subscriptionStatus: 'past-due' };
  const page = await visit();
  await page.getByText('Check your card.').waitFor();
  portal.platform.faults.set('POST /api/billing/portal', {
    status: 503,
    body: { code: 'billing-stripe.unreachable', title: 'x', detail: 'It does not answer.' },
  });
  await button(page, 'Manage payment').click();
  await page.getByText('billing-stripe.unreachable').waitFor();
  portal.platform.faults.delete('POST /api/billing/portal');
  await button(page, 'Manage payment').click();
  await page.waitForURL(/\/billing\?portal$/);
});

for (const [name, options] of Object.entries({
  dark,
  light,
  'phone, dark': { ...phone, ...dark },
  'phone, light': { ...phone, ...light },
}))
  when(chromium)(`the page passes the checker, and nothing is cut off: ${name}`, async () => {
    portal.world.billing = { ...paying('pro'), cancelAtPeriodEnd: true };
    const page = await visit(options);
    await page.getByText('ZLH-0001').first().waitFor();
    assert.equal(await axe(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  });

test.run();
