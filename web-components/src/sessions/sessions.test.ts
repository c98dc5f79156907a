/** Where one is signed in is shown, and ended one by one or all at once, after a question. */
import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { axe, light, phone, Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

const FIREFOX = {
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; rv:143.0) Gecko/20100101 Firefox/143.0',
  address: '198.51.100.7',
};
const rows = (page: Page) => page.locator('zlh-sessions').getByRole('listitem');
const firefox = (page: Page) => rows(page).filter({ hasText: 'Firefox on Windows' });
const question = (page: Page) => page.locator('wa-dialog[open]');
/** Its dialog takes the focus a frame after it was drawn: a key pressed before that goes elsewhere. */
const focused = (page: Page) =>
  page.evaluate(
    () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
  );

when(chromium)('the browser in front of us comes first and is marked', async () => {
  portal.world.signIn('on another machine', FIREFOX);
  const page = await portal.visit('/account');
  await firefox(page).waitFor();
  assert.match(await rows(page).nth(0).innerText(), /Chrome on Linux\s+This browser/);
  assert.match(await rows(page).nth(1).innerText(), '198.51.100.7 · signed in');
  assert.is(await rows(page).nth(0).getByRole('button').count(), 0);
});

when(chromium)('one is signed out by keyboard, after a question that names it', async () => {
  portal.world.signIn('on another machine', FIREFOX);
  const page = await portal.visit('/account');
  const signOut = page.getByRole('button', { name: 'Sign out Firefox on Windows' });
  await signOut.press('Enter');
  await question(page).getByText('The session at 198.51.100.7').waitFor();
  await page.keyboard.press('Escape');
  await question(page).waitFor({ state: 'detached' });
  assert.is(portal.world.sessions.size, 2);
  await signOut.press('Enter');
  await question(page).getByText('The session at 198.51.100.7').waitFor();
  await focused(page);
  await question(page).getByRole('button', { name: 'Sign out' }).press('Enter');
  await firefox(page).waitFor({ state: 'detached' });
  assert.equal([...portal.world.sessions.keys()], ['test-session']);
});

when(chromium)('one that has ended meanwhile is no error', async () => {
  portal.world.signIn('on another machine', FIREFOX);
  const page = await portal.visit('/account');
  await page.getByRole('button', { name: 'Sign out Firefox on Windows' }).click();
  await question(page).getByText('The session at').waitFor();
  portal.world.sessions.delete('on another machine');
  await question(page).getByRole('button', { name: 'Sign out' }).click();
  await question(page).waitFor({ state: 'detached' });
  await firefox(page).waitFor({ state: 'detached' });
});

when(chromium)('signing out everywhere ends every session, after a question', async () => {
  const page = await portal.visit('/account');
  portal.world.signIn('on another machine');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await question(page).getByText('Every session of yours').waitFor();
  await question(page).getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.is(portal.world.sessions.size, 0);
});

when(chromium)(
  'a list that cannot be had is tried again; a refusal stays in the question',
  async () => {
    const { faults } = portal.platform;
    const fault = (code: string) => ({ status: 503, body: { detail: 'Not now.', code } });
    faults.set('GET /api/auth/sessions', fault('database.away'));
    const page = await portal.visit('/account');
    await page.getByText('database.away').waitFor();
    faults.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('This browser').waitFor();
    faults.set('DELETE /api/auth/sessions', fault('http.unavailable'));
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await question(page).getByRole('button', { name: 'Sign out everywhere' }).click();
    await question(page).getByText('http.unavailable').waitFor();
  },
);

when(chromium)('a session that was ended from elsewhere leads to the door', async () => {
  portal.world.signIn('on another machine', FIREFOX);
  const page = await portal.visit('/account');
  await page.getByRole('button', { name: 'Sign out Firefox on Windows' }).click();
  portal.world.sessions.clear();
  await question(page).getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

when(chromium)('on a phone nothing is cut off, and the question can be used by all', async () => {
  const address = '2001:db8:85a3:8d3:1319:8a2e:370:7348';
  portal.world.signIn('on another machine', { ...FIREFOX, address });
  const page = await portal.visit('/account', { ...light, ...phone });
  const signOut = page.getByRole('button', { name: 'Sign out Firefox on Windows' });
  const { x = 0, width = 0 } = (await signOut.boundingBox()) ?? {};
  assert.ok(width > 0 && x + width <= 390 - 16, `ends at ${x + width}`);
  await signOut.click();
  await question(page).getByText(address).waitFor();
  assert.equal(await axe(page), []);
});

test.run();
