/** What concerns every page: addresses, keys, news from elsewhere, and a platform that is away. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { phone, Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)('every page has an address, and back and forward walk them', async () => {
  const { id } = portal.world.addInstance({ name: 'Skyblock' });
  const page = await portal.visit('/');
  await page.getByRole('link', { name: 'Skyblock' }).click();
  await page.getByRole('link', { name: 'Details' }).click();
  await page.getByText('Host name', { exact: true }).waitFor();
  assert.is(new URL(page.url()).pathname, `/servers/${id}/details`);
  await page.goBack();
  await page.getByLabel('Command').waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Servers' }).waitFor();
  await page.goForward();
  await page.getByLabel('Command').waitFor();
  await page.goto(`${portal.platform.url}/no/such/page`);
  await page.getByText('There is nothing at this address').waitFor();
});

when(chromium)('the palette goes anywhere and does anything, by keyboard', async () => {
  const { id } = portal.world.addInstance({ name: 'Skyblock' });
  portal.world.addInstance({ name: 'Lobby' });
  const page = await portal.visit('/servers');
  await page.getByRole('link', { name: 'Skyblock' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('skyb');
  await page.getByRole('option', { name: 'Skyblock' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Restart' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('restart');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Restarting' }).waitFor();
  assert.is(portal.platform.requests[0]?.line, `POST /api/instances/${id}/restart`);
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Escape');
  await page.getByRole('combobox').waitFor({ state: 'hidden' });
});

when(chromium)(
  'what ends elsewhere is told, with the way there; what one looks at is not',
  async () => {
    const here = portal.world.addInstance({ name: 'Skyblock' });
    const there = portal.world.addInstance({ name: 'Lobby' });
    const page = await portal.visit(`/servers/${here.id}`);
    await page.locator('.live.open').waitFor();
    const own = portal.world.begin('instances.restart', here.id);
    const other = portal.world.begin('instances.start', there.id);
    portal.world.end(own.id, 'succeeded');
    portal.world.end(other.id, 'failed', {
      code: 'agent.never-ready',
      detail: 'It did not become ready.',
    });
    const toasts = page.locator('zlh-toasts');
    await toasts.getByText('Lobby: starting failed.').waitFor();
    assert.is(await toasts.getByText('Skyblock').count(), 0);
    await toasts.getByRole('link', { name: 'Open' }).click();
    await page.getByRole('heading', { name: 'Lobby' }).waitFor();
  },
);

when(chromium)(
  'a platform that is not heard is said to be so, and what was missed is caught up',
  async () => {
    const { id } = portal.world.addInstance({ name: 'Skyblock' });
    const page = await portal.visit('/servers');
    await page.getByText('Running · ready').waitFor();
    portal.platform.faults.set('GET /api/events', { status: 503, body: {} });
    portal.platform.cut();
    await page.getByText('The platform is not heard just now.').waitFor();
    portal.world.change(id, { observed: 'stopped', ready: false });
    portal.platform.faults.clear();
    await page.getByText('Stopped').waitFor();
    await page.getByText('The platform is not heard just now.').waitFor({ state: 'detached' });
  },
);

when(chromium)('events that are lost for good make everything be read again', async () => {
  const { id, ...instance } = portal.world.addInstance({ name: 'Skyblock' });
  const page = await portal.visit('/servers');
  await page.getByText('Running · ready').waitFor();
  portal.world.instances.set(id, { ...instance, id, observed: 'stopped', ready: false });
  portal.world.news.emit('event', 'resync', {});
  await page.getByText('Stopped').waitFor();
});

when(chromium)('a platform that does not answer at all is one sentence and a button', async () => {
  portal.platform.faults.set('GET /api/auth/me', {
    status: 503,
    body: { title: 'x', code: 'http.not-ready', detail: 'The platform is starting.' },
  });
  const page = await portal.visit('/servers');
  await page.getByText('The platform is starting.').waitFor();
  portal.platform.faults.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'Create your first server' }).waitFor();
});

when(chromium)(
  'the chosen appearance stays over a reload, the system decides until then',
  async () => {
    const page = await portal.visit('/account', { colorScheme: 'light' });
    const ground = async (): Promise<string> =>
      page.locator('zlh-portal').evaluate((element) => getComputedStyle(element).backgroundColor);
    const bright = await ground();
    await page.getByRole('radio', { name: 'Dark' }).check();
    const dim = await ground();
    assert.is.not(dim, bright);
    await page.reload();
    await page.getByRole('radio', { name: 'Dark' }).waitFor();
    assert.is(await ground(), dim);
    assert.ok(await page.getByRole('radio', { name: 'Dark' }).isChecked());
  },
);

when(chromium)(
  'on a phone the navigation is a drawer, and nothing is wider than the screen',
  async () => {
    const { id } = portal.world.addInstance({ name: 'Skyblock' });
    const page = await portal.visit(`/servers/${id}`, phone);
    await page.getByLabel('Command').waitFor();
    for (const path of [
      `/servers/${id}/activity`,
      `/servers/${id}/details`,
      '/servers/new',
      '/account',
    ]) {
      await page.goto(portal.platform.url + path);
      await page.getByRole('heading').first().waitFor();
      assert.ok(
        await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        `${path} fits`,
      );
    }
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.locator('wa-drawer').getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  },
);

when(chromium)('the keyboard gets past the navigation in one step', async () => {
  portal.world.addInstance({ name: 'Skyblock' });
  const page = await portal.visit('/servers');
  await page.getByRole('link', { name: 'Skyblock' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.getByRole('link', { name: 'Create server' }).and(page.locator(':focus')).waitFor();
});

test.run();
