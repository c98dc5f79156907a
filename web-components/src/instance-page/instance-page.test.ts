/** A server's page: true at every moment, and every action on it ends in words. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

when(chromium)(
  'the header tells all: name, state, address, players, memory, how long',
  async () => {
    const { id, hostname } = portal.world.addInstance({ name: 'Skyblock' });
    const page = await portal.visit(`/servers/${id}`);
    const header = page.locator('zlh-instance-header');
    for (const text of [
      'Skyblock',
      'Running · ready',
      `${hostname}.play.example.com`,
      '7 of 20 players',
      '3 d',
    ]) {
      await header.getByText(text, { exact: false }).first().waitFor();
    }
    assert.is(await page.title(), 'Skyblock · ZeroLagHub');
  },
);

when(chromium)(
  'an operation shows its phases as they go, and leaves when it succeeded',
  async () => {
    const { id } = portal.world.addInstance({ observed: 'stopped', ready: false });
    const page = await portal.visit(`/servers/${id}`);
    await page.getByRole('button', { name: 'Start' }).click();
    const strip = page.locator('zlh-operation-strip');
    await strip.getByText('by you').waitFor();
    const operation = [...portal.world.operations.values()][0]!;
    portal.world.phase(operation.id, 0, 0.62);
    await strip.getByText('62', { exact: false }).waitFor();
    portal.world.phase(operation.id, 1, null);
    await strip.locator('li[aria-current]', { hasText: 'Finish' }).waitFor();
    portal.world.change(id, { observed: 'running', ready: true, desired: 'running' });
    portal.world.end(operation.id, 'succeeded');
    await strip.waitFor({ state: 'detached' });
    await page.getByText('Running · ready').waitFor();
  },
);

when(chromium)('a consent that was withdrawn is shown with what to do', async () => {
  const { id } = portal.world.addInstance({ observed: 'stopped', ready: false });
  portal.world.statuses.set(id, {
    ...portal.world.statuses.get(id)!,
    consent: {
      code: 'AGENT_CONSENT_WITHDRAWN',
      detail: 'The file eula.txt says that the terms are not accepted.',
      hint: 'Accept them by writing eula=true into eula.txt.',
      path: 'eula.txt',
      terms: 'https://example.com/terms',
    },
  });
  const page = await portal.visit(`/servers/${id}`);
  const notice = page.locator('zlh-problem.consent');
  await notice.getByText('The file eula.txt says').waitFor();
  await notice.getByText('writing eula=true').waitFor();
  await notice.getByText('AGENT_CONSENT_WITHDRAWN').waitFor();
});

when(chromium)('a failed operation says why, quotes its code and is retried', async () => {
  const { id } = portal.world.addInstance({ observed: 'stopped', ready: false });
  const page = await portal.visit(`/servers/${id}`);
  await page.getByRole('button', { name: 'Start' }).click();
  const operation = [...portal.world.operations.values()][0]!;
  portal.world.end(operation.id, 'failed', {
    code: 'agent.never-ready',
    detail: 'The server did not become ready within 120 s.',
  });
  await page.getByText('The server did not become ready within 120 s.').waitFor();
  await page.getByText('agent.never-ready').waitFor();
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByText('attempt 2').waitFor();
});

when(chromium)(
  'a creation that failed is retried, not started, and what was skipped does not look done',
  async () => {
    const { id } = portal.world.addInstance({ observed: 'error', ready: false, address: null });
    const { id: operation } = portal.world.begin('instances.create', id, [
      'artifacts',
      'container',
    ]);
    const page = await portal.visit(`/servers/${id}`);
    const lines = page.locator('zlh-operation-strip li .line');
    const colour = (index: number) =>
      lines.nth(index).evaluate((line) => {
        const { backgroundColor, opacity } = getComputedStyle(line);
        return `${backgroundColor} ${opacity}`;
      });
    await lines.nth(1).waitFor();
    const pending = await colour(1);
    portal.world.end(operation, 'failed', { code: 'catalog.away', detail: 'It is away.' });
    await page.getByRole('button', { name: 'Retry' }).waitFor();
    assert.is(await page.locator('zlh-operation-strip li.skipped').count(), 1);
    assert.is(await colour(1), pending);
    await page.getByRole('button', { name: 'More actions' }).waitFor();
    assert.is(await page.getByRole('button', { name: 'Start', exact: true }).count(), 0);
  },
);

when(chromium)('a running operation can be cancelled', async () => {
  const { id } = portal.world.addInstance();
  const page = await portal.visit(`/servers/${id}`);
  await page.getByRole('button', { name: 'Restart' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('zlh-operation-strip').waitFor({ state: 'detached' });
  assert.is([...portal.world.operations.values()][0]?.state, 'cancelled');
});

when(chromium)('a second action while one runs is refused in words', async () => {
  const { id } = portal.world.addInstance();
  const page = await portal.visit(`/servers/${id}`);
  const stop = page.getByRole('button', { name: 'Stop' });
  await stop.waitFor();
  portal.platform.faults.set(`POST /api/instances/${id}/stop`, {
    status: 409,
    body: {
      title: 'x',
      code: 'operations.conflict',
      detail: 'Another operation runs on this server.',
    },
  });
  await stop.click();
  await page.getByText('Another operation runs on this server.').waitFor();
});

when(chromium)(
  'a start that takes long can be stopped or killed, and says why it ended',
  async () => {
    const { id } = portal.world.addInstance({ observed: 'starting', ready: false });
    portal.world.begin('instances.start', id, ['agent', 'start']);
    const page = await portal.visit(`/servers/${id}`);
    await page.locator('zlh-operation-strip').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Restart' }).isDisabled());
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopping').first().waitFor();
    assert.is(portal.platform.requests[0]?.line, `POST /api/instances/${id}/stop`);
    assert.ok(await page.getByRole('button', { name: 'Stop' }).isDisabled());
    await page.getByRole('button', { name: 'More actions' }).click();
    const kill = page.getByRole('menuitem', { name: 'Kill' });
    await kill.waitFor();
    assert.is(await kill.getAttribute('aria-disabled'), 'false');
  },
);

when(chromium)('deleting names what is lost and waits for the name', async () => {
  const { id } = portal.world.addInstance({ name: 'Skyblock' });
  const page = await portal.visit(`/servers/${id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete server' }).click();
  await page.getByRole('dialog', { name: 'Delete Skyblock?' }).waitFor();
  const dialog = page.locator('wa-dialog[open]');
  await dialog.getByText('The world, its players’ progress and every file').waitFor();
  const confirm = dialog.getByRole('button', { name: 'Delete server' });
  await page.keyboard.type('Skybloc');
  assert.ok(await confirm.isDisabled());
  await page.keyboard.type('k');
  await page.keyboard.press('Enter');
  await page.locator('zlh-instance-header').getByText('Deleting').waitFor();
  assert.is(portal.platform.requests[0]?.line, `DELETE /api/instances/${id}`);
  portal.world.remove(id);
  await page.getByRole('heading', { name: 'Create your first server' }).waitFor();
  await page.getByText('Skyblock: deleted.').waitFor();
});

when(chromium)('Esc leaves the question, and focus returns to where it came from', async () => {
  const { id } = portal.world.addInstance();
  const page = await portal.visit(`/servers/${id}`);
  await page.getByRole('button', { name: 'More actions' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Delete server' }).waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  assert.equal(portal.platform.requests, []);
  await page
    .getByRole('button', { name: 'More actions' })
    .and(page.locator(':focus-within, :focus'))
    .waitFor();
});

when(chromium)('a crash says what is known of it', async () => {
  const { id } = portal.world.addInstance({ observed: 'crashed', ready: false });
  const status = portal.world.statuses.get(id)!;
  const crash = {
    at: new Date().toISOString(),
    reason: 'out-of-memory' as const,
    detail: 'The server needed more than 4 GiB.',
    exitCode: 137,
    signal: null,
    count: 3,
    retryAt: new Date(Date.now() + 60_000).toISOString(),
    gaveUp: false,
  };
  portal.world.statuses.set(id, { ...status, crash });
  const page = await portal.visit(`/servers/${id}/details`);
  await page.getByText('The server needed more than 4 GiB.').waitFor();
  await page.locator('zlh-instance-header').getByText('retry').waitFor();
});

when(chromium)('what is not there, or not ours, is said to be so', async () => {
  const page = await portal.visit('/servers/00000000-0000-4000-8000-000000000000');
  await page.getByText('There is no such server').waitFor();
});

when(chromium)('activity lists what was done, and opens to phases', async () => {
  const { id } = portal.world.addInstance();
  const operation = portal.world.begin('instances.restart', id, ['stop', 'start', 'probe']);
  portal.world.end(operation.id, 'succeeded');
  const page = await portal.visit(`/servers/${id}/activity`);
  await page.getByRole('button', { name: 'Restarted' }).click();
  assert.is(await page.locator('zlh-operation-strip li.succeeded').count(), 3);
});

test.run();
