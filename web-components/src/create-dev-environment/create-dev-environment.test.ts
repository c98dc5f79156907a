/** Creating a dev environment: from the switch on the page of servers to a terminal that takes every key. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)('the switch leads to the form, and the form asks for what was chosen', async () => {
  const page = await portal.visit('/servers/new');
  const kinds = page.getByRole('navigation', { name: 'What to create' });
  await kinds.getByRole('link', { name: 'Dev environment' }).click();
  await page.getByRole('heading', { name: 'Create dev environment' }).waitFor();
  assert.is(
    await kinds.getByRole('link', { name: 'Dev environment' }).getAttribute('aria-current'),
    'page',
  );
  await page.getByText('Java 21').click();
  await page.getByText('Node.js 24').click();
  await page.getByRole('button', { name: 'Create dev environment' }).click();
  await page.getByText('Give the server a name.').waitFor();
  await page.getByLabel('Name').fill(' Lab ');
  await page.getByRole('button', { name: 'Create dev environment' }).click();
  await page.getByRole('heading', { name: 'Lab' }).waitFor();
  const asked = portal.platform.requests.find(({ body }) => body !== undefined);
  assert.equal(asked?.body, {
    kind: 'dev',
    name: 'Lab',
    memoryMiB: 1024,
    runtimes: [{ id: 'node-24', version: '24.21.0' }],
  });
});

when(chromium)(
  'its console is a terminal: each key goes to the shell, and it has no line of its own',
  async () => {
    const { id } = portal.world.addInstance({ kind: 'dev', game: 'dev-environment' });
    portal.world.log(id, 'dev:~/workspace$ ');
    const page = await portal.visit(`/servers/${id}`);
    await page.locator('.live.open').waitFor();
    await page.locator('.xterm-rows').getByText('dev:~/workspace$').first().waitFor();
    assert.is(await page.getByLabel('Command').count(), 0);
    await page.getByLabel('Terminal input').focus();
    await page.keyboard.type('ls');
    await page.keyboard.press('Control+c');
    await page.keyboard.press('ArrowUp');
    const frames = () => portal.platform.typed.map((frame) => JSON.parse(frame));
    const keys = () =>
      frames()
        .filter(({ type }) => type === 'input')
        .map(({ data }) => data)
        .join('');
    while (!keys().endsWith('A')) await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.is(keys(), 'ls\u0003\u001b[A');
    assert.ok(frames().some(({ type, cols }) => type === 'resize' && cols > 10));
  },
);

when(chromium)('runtimes that cannot be had say so, and come on demand', async () => {
  portal.platform.faults.set('GET /api/catalog/runtimes', { status: 500, body: undefined });
  const page = await portal.visit('/dev-environments/new');
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  portal.platform.faults.clear();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByLabel('Name').waitFor();
});

test.run();
