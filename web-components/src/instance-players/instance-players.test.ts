/** The players' tab: the address to hand out, whether players get in, and the server's sleep. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { phone, Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)(
  'the tab shows the name to join by, and follows the state of the server',
  async () => {
    const { id, hostname } = portal.world.addInstance({ name: 'Skyblock' });
    const page = await portal.visit(`/servers/${id}/players`, phone);
    const tab = page.locator('zlh-instance-players');
    await tab.getByText(`${hostname}.play.example.com`, { exact: true }).waitFor();
    await tab.getByText('Players who join are sent to the server now.').waitFor();
    await tab.getByText('Online now: 7.').waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    portal.world.change(id, { observed: 'stopped', ready: false });
    await tab.getByText('Start it to let players in.').waitFor();
  },
);

when(chromium)(
  'sleep is set by keyboard, and a number that is none is refused in its place',
  async () => {
    const { id } = portal.world.addInstance({ name: 'Skyblock' });
    const page = await portal.visit(`/servers/${id}/players`);
    const tab = page.locator('zlh-instance-players');
    await tab.getByRole('checkbox', { name: 'Stop when nobody plays' }).focus();
    await page.keyboard.press('Space');
    const minutes = tab.getByLabel('Minutes without players');
    await minutes.fill('0');
    await tab.getByRole('button', { name: 'Save' }).click();
    await tab.getByText('Give between 1 and 10080 minutes.').waitFor();
    await minutes.fill('20');
    await tab.getByRole('button', { name: 'Save' }).click();
    await tab.getByText('Saved.').waitFor();
    assert.equal(portal.world.sleeps.get(id), {
      afterMinutes: 20,
      wakeBy: 'everyone',
      asleepSince: null,
    });
  },
);

when(chromium)('a refusal says why, and keeps the words that were typed', async () => {
  const { id } = portal.world.addInstance({ name: 'Skyblock' });
  portal.world.sleeps.set(id, { afterMinutes: 30, wakeBy: 'nobody', asleepSince: null });
  portal.platform.faults.set(`PUT /api/instances/${id}/sleep`, {
    status: 403,
    body: { code: 'http.forbidden', title: 'x', detail: 'You may not do that.' },
  });
  const page = await portal.visit(`/servers/${id}/players`);
  const tab = page.locator('zlh-instance-players');
  await tab.getByLabel('Minutes without players').fill('45');
  await tab.getByRole('button', { name: 'Save' }).click();
  await tab.getByText('You may not do that.').waitFor();
  assert.is(await tab.getByLabel('Minutes without players').inputValue(), '45');
  assert.not.ok(
    await tab.getByRole('checkbox', { name: 'A player who joins starts it' }).isChecked(),
  );
});

test.run();
