/** Parts in a browser: a broken one disturbs nobody, tabs stand where they fit, the start stays small. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import type { PortalParts, PortalTab } from '../api/schema.ts';
import { axe, light, phone, Portal } from '../../test/browser.ts';
import { partsFor } from '../../test/parts.ts';
import { dist } from '../../test/server.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

const tab = (id: string, more: Partial<PortalTab> = {}): PortalTab => ({
  plugin: 'strange',
  id,
  label: id,
  element: `strange-${id}`,
  module: '/no-such-module/strange.js',
  order: 500,
  ...more,
});

function offer(change: (parts: PortalParts) => void): void {
  const body = partsFor(true);
  change(body);
  portal.platform.faults.set('GET /api/portal/parts', { status: 200, body });
}

when(chromium)(
  'a tab that cannot be loaded says so in its place, and the others work',
  async () => {
    const { id } = portal.world.addInstance({ name: 'Skyblock' });
    offer(({ instanceTabs, commands }) => {
      instanceTabs.push(tab('broken'));
      commands.push({ plugin: 'strange', id: 'c', order: 1, module: '/no-such-module/c.js' });
    });
    const page = await portal.visit(`/servers/${id}/broken`, { ...light, ...phone });
    await page.getByText('portal.part-not-loaded').waitFor();
    assert.equal(await axe(page), []);
    await page.keyboard.press('Control+k');
    await page.getByText('Commands of “strange” could not be loaded').waitFor();
    await page.getByRole('option', { name: 'Stop Skyblock' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Details' }).click();
    await page.getByText('Host name', { exact: true }).waitFor();
    // The browser tells of the modules that are not there.
    portal.faults.length = 0;
  },
);

when(chromium)('a tab stands on the instances that it is for, and on no others', async () => {
  const { id } = portal.world.addInstance({ name: 'Skyblock' });
  const { kind, game } = portal.world.instances.get(id)!;
  offer(({ instanceTabs }) => {
    instanceTabs.push(tab('fits', { when: { kinds: [kind], games: [game, 'other'] } }));
    instanceTabs.push(tab('another-game', { when: { games: ['other'] } }));
    instanceTabs.push(tab('another-kind', { when: { kinds: ['other'] } }));
  });
  const page = await portal.visit(`/servers/${id}`);
  await page.getByRole('link', { name: 'fits' }).waitFor();
  assert.is(await page.getByRole('link', { name: /another/ }).count(), 0);
});

when(chromium)('a platform without plugins of pages leaves a portal that says so', async () => {
  offer((parts) => (parts.pages = []));
  const page = await portal.visit('/servers');
  await page.getByText('There is nothing at this address').waitFor();
});

when(chromium)('the list of servers loads at most 90 kB of scripts', async () => {
  portal.world.addInstance({ name: 'Skyblock' });
  const page = await portal.visit('/servers');
  await page.getByRole('link', { name: 'Skyblock' }).waitFor();
  const scripts = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => new URL(name).pathname)
      .filter((path) => path.endsWith('.js')),
  );
  const sizes = scripts.map((path) => gzipSync(readFileSync(join(dist, path))).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(total > 0 && total <= 90_000, `${scripts.length} scripts of ${total} bytes`);
});

test.run();
