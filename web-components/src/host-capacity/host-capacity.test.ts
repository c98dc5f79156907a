/** The line of the host's capacity: for administrators, current, and never in the way of the list. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { phone, Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)('an administrator sees what is reserved, as servers come and go', async () => {
  const { id } = portal.world.addInstance({ name: 'Skyblock', memoryMiB: 4096 });
  const page = await portal.visit('/servers', phone);
  await page.getByText('4 GiB of 8 GiB reserved').waitFor();
  await page.getByText('1 of 2 reserved').waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  portal.world.remove(id);
  await page.getByText('0 B of 8 GiB reserved').waitFor();
});

when(chromium)('an administrator reads that games run without a sandbox', async () => {
  portal.world.addInstance({ name: 'Skyblock' });
  const warning = 'Games run without a sandbox, as "isolation: none" says.';
  portal.platform.faults.set('GET /api/providers', {
    status: 200,
    body: { items: [{ id: 'local', capacity: null, warning }] },
  });
  const page = await portal.visit('/servers', phone);
  await page.getByText(warning).waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

when(chromium)('figures that cannot be read do not keep the servers away', async () => {
  portal.world.addInstance({ name: 'Skyblock' });
  portal.platform.faults.set('GET /api/providers', {
    status: 503,
    body: { code: 'database.unreachable', title: 'x', detail: 'The database does not answer.' },
  });
  const page = await portal.visit('/servers');
  await page.getByText('The host’s capacity could not be read.').waitFor();
  await page.getByRole('link', { name: 'Skyblock' }).waitFor();
});

when(chromium)(
  'somebody who is no administrator is shown nothing, and asks for nothing',
  async () => {
    portal.world.addInstance({ name: 'Skyblock' });
    portal.world.user.role = 'user';
    const page = await portal.visit('/servers', { out: true });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    portal.world.signIn('test-session');
    await page
      .context()
      .addCookies([{ name: 'zlh_session', value: 'test-session', url: portal.platform.url }]);
    await page.goto(`${portal.platform.url}/servers`);
    await page.getByRole('link', { name: 'Skyblock' }).waitFor();
    portal.world.user.role = 'administrator';
    assert.not.ok(asked.includes('/api/providers'));
  },
);

test.run();
