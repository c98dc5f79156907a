/**
 * The first visit, as a customer has it in a browser: sign in, create a server and see it being made, talk to it on its
 * console, stop it, delete it. The portal, the platform, the agent and the game are all the real ones.
 */
// time-limit: 180s
import type { Browser, Locator, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import { startBrowser, watchPage } from '../support/browser.ts';
import { processesOf } from '../support/processes.ts';
import { administrator, TestPlatform } from '../support/platform.ts';
import { warmHome } from '../support/warm-home.ts';

const chromium = await needs.chromium();
const npm = await needs.npmRegistry();

const phases = ['Artifacts', 'Container', 'Agent', 'Install', 'Start'];

when(chromium, npm)(
  'from the door to a server that runs, and to none again',
  async (chromiumPath) => {
    const platform = await TestPlatform.start({ from: await warmHome() });
    let browser: Browser | undefined;
    try {
      browser = await startBrowser(chromiumPath);
      const page = await browser.newPage();
      page.setDefaultTimeout(30_000);
      const faults: string[] = [];
      watchPage(page, platform.url, faults);
      await page.goto(platform.url);
      await signIn(page);
      await create(page, 'Skyblock');
      await talk(page);
      await stop(page);
      await remove(page, 'Skyblock');
      assert.equal(faults, []);
      assert.equal(processesOf(`${platform.home}/instances`), []);
    } finally {
      await browser?.close();
      await platform.remove();
    }
  },
);

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(administrator.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(administrator.password);
  await page.keyboard.press('Enter');
  await page.getByText('Create your first server').waitFor();
}

async function create(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Create server' }).or(createLink(page)).first().click();
  await page.getByText('flying-squid', { exact: true }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Create server' }).click();
  await page.getByRole('heading', { name }).waitFor();
  const strip = page.locator('zlh-operation-strip');
  await strip
    .locator('li')
    .nth(phases.length - 1)
    .waitFor();
  const names = await strip.locator('.name').allInnerTexts();
  assert.equal(
    names.map((text) => /[A-Z][a-z]+/.exec(text)?.[0]),
    phases,
  );
  const seen = await currentPhases(strip);
  assert.equal(
    seen,
    phases.filter((phase) => seen.includes(phase)),
    'in their order',
  );
  assert.ok(seen.includes('Start'), seen.join());
  await page.getByText('Running · ready').waitFor();
}

const createLink = (page: Page): Locator => page.getByRole('link', { name: 'Create server' });

/** Whatever the strip has shown as the current phase, frame by frame, until it leaves. */
function currentPhases(strip: Locator): Promise<string[]> {
  return strip.evaluate(
    (element) =>
      new Promise((resolve) => {
        const seen: string[] = [];
        const look = () => {
          const { textContent } = element.shadowRoot?.querySelector('[aria-current] .name') ?? {};
          const name = /[A-Z][a-z]+/.exec(textContent ?? '')?.[0];
          if (name !== undefined && seen.at(-1) !== name) seen.push(name);
          if (element.isConnected) requestAnimationFrame(look);
          else resolve(seen);
        };
        look();
      }),
  );
}

async function talk(page: Page): Promise<void> {
  await page.locator('.live.open').waitFor();
  await page.getByRole('textbox').last().fill('say hello from the browser');
  await page.keyboard.press('Enter');
  await page.locator('.xterm-rows').getByText('[Server] hello from the browser').waitFor();
}

async function stop(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('zlh-instance-header').getByText('Stopped').waitFor();
}

async function remove(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const field = page.locator('zlh-confirm').getByRole('textbox');
  await field.fill(name);
  await page.keyboard.press('Enter');
  await page.getByText('Create your first server').waitFor();
}

test.run();
