/** Coming in and going out, and being told what is wrong on the way. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { Portal } from '../../test/browser.ts';
import { PASSWORD } from '../../test/world.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)('a deep link leads through signing in to where it pointed', async () => {
  const { world } = portal;
  const { id } = world.addInstance({ name: 'Skyblock' });
  const page = await portal.visit(`/servers/${id}/details`, { out: true });
  await page.getByLabel('E-mail').fill(world.user.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Skyblock' }).waitFor();
  assert.is(new URL(page.url()).pathname, `/servers/${id}/details`);
});

when(chromium)('a wrong password is said with its code, and what was typed stays', async () => {
  const page = await portal.visit('/sign-in', { out: true });
  await page.getByLabel('E-mail').fill(portal.world.user.email);
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('E-mail or password is wrong.').waitFor();
  await page.getByText('accounts.wrong-credentials').waitFor();
  assert.is(await page.getByLabel('E-mail').inputValue(), portal.world.user.email);
});

when(chromium)('an account is offered where strangers may make one, and nowhere else', async () => {
  const open = await portal.visit('/sign-in', { out: true });
  await open.getByRole('link', { name: 'Create an account' }).waitFor();
  portal.world.registrationOpen = false;
  const answered = open.waitForResponse(/\/api\/auth\/me$/);
  await open.reload();
  await answered;
  await open.getByRole('button', { name: 'Sign in' }).waitFor();
  await open.waitForLoadState('networkidle');
  assert.is(await open.getByRole('link', { name: 'Create an account' }).count(), 0);
});

when(chromium)('a field is checked as one leaves it', async () => {
  const page = await portal.visit('/register', { out: true });
  await page.getByLabel('E-mail').fill('not an address');
  await page.keyboard.press('Tab');
  await page.getByText('Give your e-mail address').waitFor();
  await page.getByLabel('E-mail').fill('ada@example.com');
  await page.getByText('Give your e-mail address').waitFor({ state: 'detached' });
  await page.getByRole('textbox', { name: 'Password' }).fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('Use at least 10 characters: 5 more.').waitFor();
});

when(chromium)('a fault the platform finds stands at its field', async () => {
  const page = await portal.visit('/register', { out: true });
  await page.getByLabel('E-mail').fill(portal.world.user.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('This is taken.').waitFor();
});

when(chromium)('the set-up link makes the first administrator', async () => {
  const page = await portal.visit(`/setup?token=${portal.world.setupToken}`, { out: true });
  await page.getByLabel('E-mail').fill('first@example.com');
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await page.getByRole('heading', { name: 'Create your first server' }).waitFor();
  const [request] = portal.platform.requests;
  assert.equal(request?.body, {
    email: 'first@example.com',
    password: PASSWORD,
    token: portal.world.setupToken,
  });
});

when(chromium)('signing out leaves nothing of the person on the page', async () => {
  portal.world.addInstance({ name: 'Secret project' });
  const page = await portal.visit('/servers');
  await page.getByRole('link', { name: 'Secret project' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.is(await page.getByText('Secret project').count(), 0);
});

when(chromium)(
  'a session that ended elsewhere leads to the door, and back afterwards',
  async () => {
    const page = await portal.visit('/servers');
    await page.getByRole('heading', { name: 'Create your first server' }).waitFor();
    portal.world.sessions.clear();
    await page.getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.is(new URL(page.url()).searchParams.get('next'), '/operations');
  },
);

when(chromium)('a platform without an administrator says how to become one', async () => {
  portal.world.setupRequired = true;
  const page = await portal.visit('/servers', { out: true });
  await page.getByText('It printed a set-up link when it started').waitFor();
  await page.goto(`${portal.platform.url}/setup?token=x`);
  await page.getByRole('heading', { name: 'Set up ZeroLagHub' }).waitFor();
  assert.is(await page.getByText('It printed a set-up link').count(), 0);
});

test.run();
