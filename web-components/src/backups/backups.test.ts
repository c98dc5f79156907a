/** The tab of backups: made with one click, restored and deleted only after the name was typed. */
import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { axe, Portal } from '../../test/browser.ts';
import type { Backup } from '../api/schema.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

const backup: Backup = {
  id: '0197a3c2-1111-7222-8333-123456789abc',
  name: 'A good day',
  type: 'manual',
  state: 'complete',
  pinned: false,
  engine: 'archive',
  location: 'this machine',
  remote: false,
  files: 120,
  logicalBytes: 3_000_000,
  storedBytes: 1_000_000,
  leftOut: 0,
  quiescedMs: 20,
  sha256: null,
  verifiedAt: null,
  error: null,
  requestedBy: 'ada@example.org',
  createdAt: new Date().toISOString(),
  finishedAt: null,
};

async function visit(items: readonly Backup[]): Promise<Page> {
  const { id } = portal.world.addInstance({ name: 'Skyblock' });
  const path = `GET /api/instances/${id}/backups`;
  portal.platform.faults.set(path, { status: 200, body: { items, nextCursor: null } });
  const page = await portal.visit(`/servers/${id}/backups`);
  await page.getByRole('heading', { name: 'Backups', exact: true }).waitFor();
  return page;
}
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const question = (page: Page) => page.locator('wa-dialog[open]');

when(chromium)('a server without backups says so, and that one machine keeps them', async () => {
  const page = await visit([]);
  await page.getByText('No backup yet.').waitFor();
  await page.getByText('a lost machine takes them with it').waitFor();
});

when(chromium)('a restore warns, and opens once the name of the server is typed', async () => {
  const page = await visit([backup]);
  await page.getByText('120 files').waitFor();
  assert.equal(await axe(page), []);
  await button(page, 'Restore A good day').click();
  await question(page).getByText('in a checkpoint').waitFor();
  const restore = question(page).getByRole('button', { name: 'Restore backup' });
  assert.ok(await restore.isDisabled());
  await question(page).getByRole('textbox').fill('Skyblock');
  assert.not.ok(await restore.isDisabled());
});

when(chromium)('a damaged backup says why, and cannot be restored', async () => {
  const error = { code: 'backups.damaged', detail: 'Part 1 of 2 is gone.' };
  const page = await visit([{ ...backup, state: 'damaged', error }]);
  await page.getByText('Part 1 of 2 is gone.').waitFor();
  assert.ok(await button(page, 'Restore A good day').isDisabled());
});

test.run();
