/**
 * A stranger's plugin in a host's project: packed, added by one command, used in a browser beside a
 * plugin that is broken, and removed. The platform's own packages are not built again.
 */
// time-limit: 240s
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import { startBrowser, watchPage } from '../support/browser.ts';
import { administrator, repository, TestPlatform } from '../support/platform.ts';

const chromium = await needs.chromium();
const run = promisify(execFile);
const name = 'zlh-plugin-notice-board';

interface Parts {
  readonly pages: readonly { readonly id: string }[];
}

when(chromium)('a plugin is packed, added, used in a browser and removed', async (path) => {
  const folder = await mkdtemp(join(tmpdir(), 'zlh-host-'));
  const config = await makeProject(folder);
  const platform = await TestPlatform.make({ env: { ZLH_CONFIG: config } });
  let browser: Browser | undefined;
  try {
    const tgz = await pack(folder);
    assert.match(
      await zlh(folder, ['plugin', 'add', tgz]),
      /Added zlh-plugin-notice-board 1\.0\.0/,
    );
    assert.match(await zlh(folder, ['plugin', 'list']), /zlh-plugin-notice-board +1\.0\.0/);
    await addBroken(folder, config);
    await platform.start();
    browser = await startBrowser(path);
    await use(browser, platform);
    await platform.stop();

    await zlh(folder, ['plugin', 'remove', name]);
    assert.not.match(await readFile(config, 'utf8'), name);
    await platform.start();
    const admin = await platform.admin();
    assert.is((await admin.request('GET', '/api/notice-board')).status, 404);
    const parts = await admin.request<Parts>('GET', '/api/portal/parts');
    const { pages } = parts.body;
    assert.not.ok(pages.some(({ id }) => id === 'notice-board'));
    assert.ok(pages.some(({ id }) => id === 'servers'));
  } finally {
    await browser?.close();
    await platform.remove();
    await rm(folder, { recursive: true });
  }
});

/**
 * As `npm create` will make one: dependencies on the platform's packages, and a configuration that
 * spreads stock.
 */
async function makeProject(folder: string): Promise<string> {
  const plugins = (await readdir(join(repository, 'plugins'))).map((each) => `plugins/${each}`);
  const dependencies: Record<string, string> = {};
  for (const each of ['kernel', 'agent-core', ...plugins]) {
    const manifest = await readFile(join(repository, each, 'package.json'), 'utf8');
    const { name: own } = JSON.parse(manifest) as { name: string };
    dependencies[own] = `file:${join(repository, each)}`;
  }
  const manifest = { name: 'my-host', private: true, type: 'module', dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, env: offline });
  const config = join(folder, 'config', 'platform.ts');
  await mkdir(join(folder, 'config'));
  const stock = JSON.stringify(join(repository, 'config', 'platform.ts'));
  await writeFile(
    config,
    `import stock from ${stock};\n\nexport default {\n  ...stock,\n  plugins: {\n    ...stock.plugins,\n  },\n};\n`,
  );
  return config;
}

const offline = { ...process.env, npm_config_offline: 'true' };

async function pack(folder: string): Promise<string> {
  const example = join(repository, 'examples', 'notice-board');
  const { stdout } = await run('npm', ['pack', '--pack-destination', folder], { cwd: example });
  return join(folder, stdout.trim().split('\n').at(-1)!);
}

async function zlh(folder: string, args: readonly string[]): Promise<string> {
  const file = join(repository, 'kernel', 'bin', 'zlh.js');
  const { stdout } = await run(process.execPath, [file, ...args], { cwd: folder, env: offline });
  return stdout;
}

/** A folder beside the configuration whose page's module throws as it is imported. */
async function addBroken(folder: string, config: string): Promise<void> {
  const broken = join(folder, 'node_modules', 'zlh-plugin-broken');
  await mkdir(join(broken, 'portal'), { recursive: true });
  const manifest = {
    name: 'zlh-plugin-broken',
    version: '1.0.0',
    type: 'module',
    exports: { './platform': './platform.js' },
  };
  await writeFile(join(broken, 'package.json'), JSON.stringify(manifest));
  await writeFile(
    join(broken, 'platform.js'),
    `import { definePlugin } from '@zlh/kernel';
import { PortalParts } from '@zlh/portal';
const page = (id, module) => ({ id, label: id, path: '/' + id, element: id + '-page', module, navigation: {} });
export default definePlugin({ id: 'broken', setup: ({ add }) => add(PortalParts, {
  folder: new URL('portal/', import.meta.url),
  pages: [page('throwing', 'throwing.js'), page('drawing', 'drawing.js'), page('absent', 'absent.js')],
}) });`,
  );
  await writeFile(join(broken, 'portal', 'throwing.js'), `throw new Error('as it is meant to');`);
  await writeFile(
    join(broken, 'portal', 'drawing.js'),
    `import { define, ZlhElement } from '/portal/sdk-1.js';
define('drawing-page', class extends ZlhElement { render() { throw new Error('as it is meant to'); } });`,
  );
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('plugins: {', `plugins: {\n    'zlh-plugin-broken': {},`));
}

async function use(browser: Browser, platform: TestPlatform): Promise<void> {
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  const faults: string[] = [];
  watchPage(page, platform.url, faults);
  await page.goto(`${platform.url}/notice-board`);
  await page.getByLabel('E-mail').fill(administrator.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(administrator.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Notice board' }).waitFor();
  await page.getByLabel('New notice').fill('Maintenance on Sunday.');
  await page.getByRole('button', { name: 'Post notice' }).click();
  await page.getByText('Maintenance on Sunday.', { exact: true }).first().waitFor();
  await page.reload();
  await page.locator('.card').getByText('Maintenance on Sunday.').waitFor();
  assert.equal(faults, [], 'nothing of another origin, nothing against the policy');
  await leaveBroken(page);
}

/** Each shows its problem in its place, and the navigation leads on. */
async function leaveBroken(page: Page): Promise<void> {
  for (const [label, code] of [
    ['throwing', 'portal.part-not-loaded'],
    ['drawing', 'portal.part-broken'],
    ['absent', 'portal.part-not-loaded'],
  ] as const) {
    await page.getByRole('link', { name: label }).click();
    await page.getByText(code).waitFor();
    await page.getByRole('link', { name: 'Servers' }).first().click();
    await page.getByText('Create your first server').waitFor();
  }
}

test.run();
