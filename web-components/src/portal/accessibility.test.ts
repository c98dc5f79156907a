// time-limit: 300s
/** Nobody is kept out: every page, in dark and light and on a phone, passes the checker. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { axe, dark, light, phone, Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

/** A page, and how one knows that it has arrived. */
interface Sight {
  name: string;
  path(): string;
  out?: boolean;
  arrive(page: Page): Promise<unknown>;
}

function furnish(): string {
  const { world } = portal;
  world.addInstance({ name: 'Stopped one', observed: 'stopped', ready: false });
  world.addInstance({ name: 'Crashed one', observed: 'crashed', ready: false });
  world.addInstance({ name: 'Away', observed: 'unreachable', ready: false });
  const { id } = world.addInstance({ name: 'Skyblock' });
  world.log(id, '[12:00:00 INFO]: Done (6.412s)!\r\n');
  const done = world.begin('instances.start', id);
  world.end(done.id, 'succeeded');
  const failed = world.begin('instances.restart', id);
  world.end(failed.id, 'failed', { code: 'agent.never-ready', detail: 'It did not become ready.' });
  const running = world.begin('instances.restart', id, ['stop', 'start', 'probe']);
  world.phase(running.id, 1, 0.4);
  world.keys.set('k', {
    id: 'k',
    name: 'Bot',
    prefix: 'zlh_9hQ2',
    lastUsedAt: null,
    scopes: ['*'],
    createdAt: new Date().toISOString(),
    expiresAt: null,
  });
  return id;
}

let id = '';
const sights: readonly Sight[] = [
  {
    name: 'sign in',
    path: () => '/sign-in',
    out: true,
    arrive: (page) => page.getByLabel('E-mail').waitFor(),
  },
  {
    name: 'list',
    path: () => '/servers',
    arrive: (page) => page.getByText('Unreachable').waitFor(),
  },
  {
    name: 'create',
    path: () => '/servers/new',
    arrive: (page) => page.getByLabel('Name').waitFor(),
  },
  {
    name: 'server',
    path: () => `/servers/${id}`,
    arrive: (page) => page.locator('.live.open').waitFor(),
  },
  {
    name: 'activity',
    path: () => `/servers/${id}/activity`,
    arrive: (page) => page.getByRole('button', { name: 'Restarting failed' }).click(),
  },
  {
    name: 'details',
    path: () => `/servers/${id}/details`,
    arrive: (page) => page.getByText('Host name', { exact: true }).waitFor(),
  },
  {
    name: 'operations',
    path: () => '/operations',
    arrive: (page) => page.getByText('Failed', { exact: true }).waitFor(),
  },
  {
    name: 'account',
    path: () => '/account',
    arrive: (page) => page.getByText('Bot', { exact: true }).first().waitFor(),
  },
  {
    name: 'question before deleting',
    path: () => `/servers/${id}`,
    async arrive(page) {
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Delete server' }).click();
      await page.getByRole('dialog').waitFor();
      await page.getByRole('menuitem').first().waitFor({ state: 'hidden' });
    },
  },
  {
    name: 'palette',
    path: () => '/servers',
    async arrive(page) {
      await page.getByText('Unreachable').waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('option').first().waitFor();
    },
  },
];

/** Declares the test of one page under one set of circumstances. */
function check(
  how: string,
  options: BrowserContextOptions,
  { name, path, out = false, arrive }: Sight,
): void {
  when(chromium)(`${name} can be used by everybody, ${how}`, async () => {
    id = furnish();
    const page = await portal.visit(path(), { ...options, out });
    await arrive(page);
    assert.equal(await axe(page), []);
  });
}

for (const sight of sights) {
  check('dark', dark, sight);
  check('light', light, sight);
  check('light on a phone', { ...light, ...phone }, sight);
}

test.run();
