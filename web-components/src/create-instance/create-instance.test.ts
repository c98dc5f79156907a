/** Creating a server: from the choices to the page on which it comes to be. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { Portal } from '../../test/browser.ts';
import type { Instance } from '../api/schema.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)(
  'what was chosen is what is asked for, and its page shows it being made',
  async () => {
    const page = await portal.visit('/servers/new');
    await page.getByText('Flying Squid').click();
    await page.getByLabel('Name').fill('  Lobby ');
    await page.getByRole('button', { name: 'Create server' }).click();
    await page.getByRole('heading', { name: 'Lobby' }).waitFor();
    const [request] = portal.platform.requests;
    assert.equal(request?.body, {
      kind: 'game',
      game: 'minecraft',
      variant: 'flying-squid',
      version: '1.16.5',
      name: 'Lobby',
      memoryMiB: 512,
    });
    assert.match(String(request?.headers['idempotency-key']), /^[0-9a-f]{32}$/);
    await page.getByRole('heading', { name: 'Creating' }).waitFor();
    assert.is(await page.locator('zlh-operation-strip li').count(), 6);
  },
);

when(chromium)(
  'a server without a name is not asked for, and the cursor goes where it is missing',
  async () => {
    const page = await portal.visit('/servers/new');
    await page.getByRole('button', { name: 'Create server' }).click();
    await page.getByText('Give the server a name.').waitFor();
    await page.keyboard.type('Skyblock');
    assert.is(await page.getByLabel('Name').inputValue(), 'Skyblock');
    await page.getByText('Give the server a name.').waitFor({ state: 'detached' });
    assert.equal(portal.platform.requests, []);
  },
);

when(chromium)(
  'a fault the platform finds stands at its field, and nothing typed is lost',
  async () => {
    const page = await portal.visit('/servers/new');
    await page.getByLabel('Name').fill('Taken');
    await page.getByRole('button', { name: 'Create server' }).click();
    await page.getByText('This is used by another of your servers.').waitFor();
    assert.is(await page.getByLabel('Name').inputValue(), 'Taken');
  },
);

when(chromium)('asking again after silence makes one server, not two', async () => {
  const page = await portal.visit('/servers/new');
  await page.getByLabel('Name').fill('Once');
  // The request arrives, its answer does not.
  await page.route('**/api/instances', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    await route.fetch();
    return route.abort('connectionreset');
  });
  await page.getByRole('button', { name: 'Create server' }).click();
  await page.getByText('The platform does not answer.').waitFor();
  await page.unroute('**/api/instances');
  await page.getByRole('button', { name: 'Create server' }).click();
  await page.getByRole('heading', { name: 'Once' }).waitFor();
  const named = [...portal.world.instances.values()].filter(
    ({ name }: Instance) => name === 'Once',
  );
  assert.is(named.length, 1);
});

when(chromium)('choices are made with the keyboard alone', async () => {
  const page = await portal.visit('/servers/new');
  await page.getByRole('radio', { name: 'Paper' }).focus();
  await page.keyboard.press('ArrowDown');
  assert.ok(await page.getByRole('radio', { name: 'Vanilla' }).isChecked());
  const slider = page.getByRole('slider', { name: 'Memory' });
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('output', { hasText: '4.5' }).waitFor();
});

when(chromium)('a catalog that cannot be had says so, and tries again on demand', async () => {
  portal.platform.faults.set('GET /api/catalog/games', { status: 500, body: undefined });
  const page = await portal.visit('/servers/new');
  await page.getByText('HTTP_500').waitFor();
  portal.platform.faults.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByLabel('Name').waitFor();
});

test.run();
