/** The list tells how every server is, as it changes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { phone, Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)('skeletons stand where servers will, and then the servers do', async () => {
  portal.world.addInstance({ name: 'Skyblock' });
  const { promise, resolve } = Promise.withResolvers<void>();
  const page = await portal.visit('/servers', { out: true });
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  portal.world.signIn('test-session');
  await page
    .context()
    .addCookies([{ name: 'zlh_session', value: 'test-session', url: portal.platform.url }]);
  await page.route('**/api/instances?*', async (route) => {
    await promise;
    await route.continue();
  });
  await page.goto(`${portal.platform.url}/servers`);
  await page.getByLabel('Loading servers').waitFor();
  resolve();
  await page.getByRole('link', { name: 'Skyblock' }).waitFor();
  assert.is(await page.getByLabel('Loading servers').count(), 0);
});

when(chromium)('whoever has no server is offered the first step', async () => {
  const page = await portal.visit('/servers');
  await page.getByRole('heading', { name: 'Create your first server' }).waitFor();
  assert.is(await page.getByRole('link', { name: 'Create server' }).count(), 1);
  await page.getByRole('link', { name: 'Create server' }).click();
  await page.getByRole('heading', { name: 'Create server' }).waitFor();
});

when(chromium)('a change of state shows without loading anything anew', async () => {
  const { id } = portal.world.addInstance({ name: 'Skyblock' });
  const page = await portal.visit('/servers');
  await page.getByText('Running · ready').waitFor();
  portal.world.change(id, { observed: 'crashed', ready: false });
  await page.getByText('Crashed').waitFor();
  portal.world.remove(id);
  await page.getByRole('heading', { name: 'Create your first server' }).waitFor();
});

when(chromium)('slash finds among many, by name, address and state', async () => {
  for (let number = 1; number <= 8; number++)
    portal.world.addInstance({ name: `Server ${number}` });
  portal.world.addInstance({ name: 'Quiet one', observed: 'stopped', ready: false });
  const page = await portal.visit('/servers');
  await page.getByRole('link', { name: 'Quiet one' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('stopped');
  await page.getByRole('link', { name: 'Server 1' }).waitFor({ state: 'detached' });
  assert.is(await page.locator('zlh-instance-card').count(), 1);
  await page.getByRole('searchbox', { name: 'Search servers' }).fill('nothing like it');
  await page.getByText('No server matches').waitFor();
});

when(chromium)('a long name ends in the card, on a phone too', async () => {
  portal.world.addInstance({ name: 'A name that is so long that it cannot fit into any card' });
  const page = await portal.visit('/servers', phone);
  await page.locator('zlh-state-pill').waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const pill = await page.locator('zlh-state-pill').boundingBox();
  assert.ok(pill && pill.x + pill.width < 390, 'the state is in sight');
});

when(chromium)('a list that cannot be had says so, and tries again on demand', async () => {
  portal.world.addInstance({ name: 'Skyblock' });
  portal.platform.faults.set('GET /api/instances', {
    status: 503,
    body: { code: 'database.away', title: 'x', detail: 'The database does not answer.' },
  });
  const page = await portal.visit('/servers');
  await page.getByText('The database does not answer.').waitFor();
  await page.getByText('database.away').waitFor();
  portal.platform.faults.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: 'Skyblock' }).waitFor();
});

test.run();
