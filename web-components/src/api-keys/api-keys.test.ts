/** Keys are made with scopes and an end, shown once, and revoked. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)('a key is made with what was chosen, and shown once', async () => {
  const page = await portal.visit('/account');
  await page.getByRole('button', { name: 'Create key' }).click();
  const create = page.locator('zlh-new-api-key').getByRole('button', { name: 'Create key' });
  assert.ok(await create.isDisabled());
  await page.getByLabel('What it is for').fill('Status page');
  await page.getByText('See instances and their state').click();
  await create.click();
  await page.getByText('zlh_9hQ2_secret_shown_once').waitFor();
  const body = portal.platform.requests[0]?.body as { scopes: string[]; expiresAt: string };
  assert.equal(body.scopes, ['instances.read']);
  const days = (Date.parse(body.expiresAt) - Date.now()) / 86_400_000;
  assert.ok(days > 89 && days < 91, 'ends in ninety days unless chosen otherwise');
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.getByText('zlh_9hQ2_secret_shown_once').waitFor({ state: 'detached' });
  await page.getByText('Status page').first().waitFor();
});

when(chromium)('a key is revoked after a question that says what stops', async () => {
  const key = {
    id: 'k1',
    name: 'Old bot',
    prefix: 'zlh_9hQ2',
    lastUsedAt: null,
    scopes: ['*'],
    createdAt: new Date().toISOString(),
    expiresAt: null,
  };
  portal.world.keys.set(key.id, key);
  const page = await portal.visit('/account');
  await page.getByRole('button', { name: 'Revoke Old bot' }).click();
  await page.getByText('Whatever uses it stops working at once').waitFor();
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await page.getByText('No keys yet.').waitFor();
  assert.is(portal.world.keys.size, 0);
});

test.run();
