/** A password is changed by who knows the current one, and everybody else is signed out by it. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { axe, dark, light, phone, Portal } from '../../test/browser.ts';
import { PASSWORD } from '../../test/world.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

const NEW = 'another long enough sentence';

async function open(options: BrowserContextOptions = {}) {
  const page = await portal.visit('/account', options);
  const part = page.locator('zlh-change-password');
  await part.getByRole('button', { name: 'Change password' }).click();
  return {
    page,
    part,
    current: part.getByRole('textbox', { name: 'Current password' }),
    next: part.getByRole('textbox', { name: 'New password' }),
    change: part.locator('form').getByRole('button', { name: 'Change password' }),
  };
}

/** What has the focus, in whatever shadow it lies. */
const focused = (page: Page) =>
  page.evaluate(() => {
    let found = document.activeElement;
    while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
    return found instanceof HTMLInputElement ? found.name : (found?.localName ?? '');
  });

when(chromium)('it is changed by keyboard alone, and every other session ends', async () => {
  portal.world.signIn('on another machine', { userAgent: 'curl/8.5.0' });
  const page = await portal.visit('/account');
  const other = page.locator('zlh-sessions').getByRole('listitem').filter({ hasText: 'curl' });
  await other.waitFor();
  const part = page.locator('zlh-change-password');
  await part.getByRole('button', { name: 'Change password' }).press('Enter');
  await part.locator('form').waitFor();
  await page.keyboard.type(PASSWORD);
  await part.getByRole('textbox', { name: 'New password' }).focus();
  await page.keyboard.type(NEW);
  await page.keyboard.press('Enter');
  await part.getByText('The password is changed.').waitFor();
  await other.waitFor({ state: 'detached' });
  assert.is(portal.world.password, NEW);
  assert.is(portal.world.sessions.size, 1);
  assert.is(await page.locator('zlh-change-password form').count(), 0);
  await page.getByText('This browser').waitFor();
});

when(chromium)('what is wrong is said before the platform is asked', async () => {
  const { page, part, current, next, change } = await open();
  await change.click();
  await part.getByText('Give the password you have now.').waitFor();
  assert.is(await focused(page), 'current');
  await current.fill(PASSWORD);
  await next.fill('short');
  await next.blur();
  await part.getByText('Use at least 10 characters: 5 more.').waitFor();
  await next.fill(PASSWORD);
  await part.getByText('This is the password you have now.').waitFor();
  await change.click();
  assert.equal(portal.platform.requests, []);
});

when(chromium)('a wrong current password is said at its field; nothing typed is lost', async () => {
  const { page, part, current, next, change } = await open();
  await current.fill('not my password');
  await next.fill(NEW);
  await change.click();
  await part.getByText('This is not your password.').waitFor();
  assert.is(await focused(page), 'current');
  assert.is(await next.inputValue(), NEW);
  assert.is(portal.world.password, PASSWORD);
});

when(chromium)(
  'a new password names the API keys that stay, and revokes them on request',
  async () => {
    portal.world.keys.set('1', {
      id: '1',
      name: 'backups',
      prefix: 'zlh_9hQ2',
      scopes: ['*'],
      expiresAt: null,
      createdAt: new Date().toISOString(),
      lastUsedAt: null,
    });
    const first = await open();
    await first.current.fill(PASSWORD);
    await first.next.fill(NEW);
    await first.change.click();
    await first.part.getByText('1 API key still works').waitFor();
    const keys = first.page.locator('zlh-api-keys').getByRole('listitem');
    await keys.filter({ hasText: 'backups' }).waitFor();
    await first.part.getByRole('button', { name: 'Change password' }).click();
    await first.current.fill(NEW);
    await first.next.fill(PASSWORD);
    await first.part.getByRole('checkbox', { name: 'Revoke all API keys as well' }).press('Space');
    await first.change.click();
    await first.part.getByText('1 API key revoked.').waitFor();
    await keys.filter({ hasText: 'backups' }).waitFor({ state: 'detached' });
    assert.is(portal.world.keys.size, 0);
  },
);

when(chromium)('a refusal for another reason is shown with its code', async () => {
  const { part, current, next, change } = await open();
  const body = { detail: 'Too many attempts. Try again in 60 s.', code: 'accounts.throttled' };
  portal.platform.faults.set('POST /api/auth/password', { status: 429, body });
  await current.fill(PASSWORD);
  await next.fill(NEW);
  await change.click();
  await part.getByText('accounts.throttled').waitFor();
});

when(chromium)('Escape closes it, forgets what was typed and gives the focus back', async () => {
  const { page, part, current } = await open();
  await current.fill('half a pass');
  await current.press('Escape');
  await part.locator('form').waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await part.locator('form').waitFor();
  assert.is(await current.inputValue(), '');
});

const circumstances = { dark, light, 'light on a phone': { ...light, ...phone } };
for (const [how, options] of Object.entries(circumstances))
  when(chromium)(`the form with its faults can be used by everybody, ${how}`, async () => {
    const { page, part, change } = await open(options);
    await change.click();
    await part.getByText('Give the password you have now.').waitFor();
    assert.equal(await axe(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  });

test.run();
