/** The console shows what the server says, takes what one types, and never pretends. */
import type { Page } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { Portal } from '../../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

const line = (number: number): string => `[12:00:00 INFO]: line ${number}\r\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join('');
const shown = (page: Page, text: string) =>
  page.locator('.xterm-rows').getByText(text, { exact: false }).first();

async function open(log = ''): Promise<{ page: Page; id: string }> {
  const { id } = portal.world.addInstance();
  portal.world.log(id, log);
  const page = await portal.visit(`/servers/${id}`);
  await page.locator('.live.open').waitFor();
  return { page, id };
}

when(chromium)('scrollback comes first, then what the server says, readable', async () => {
  const { page, id } = await open('[12:41:07 INFO]: Done (6.412s)! For help, type "help"\r\n');
  await shown(page, '12:41:07 INFO  Done (6.412s)! For help, type "help"').waitFor();
  portal.world.log(id, "[12:44:52] [Server thread/WARN]: Can't keep up!\r\n");
  await shown(page, "12:44:52 WARN  Can't keep up!").waitFor();
});

when(chromium)('what is typed is sent as one line, and the arrow keys bring it back', async () => {
  const { page } = await open();
  const input = page.getByLabel('Command');
  await input.fill('say hello');
  await page.keyboard.press('Enter');
  await shown(page, 'say hello').waitFor();
  assert.equal(
    portal.platform.typed.map((frame) => JSON.parse(frame)),
    [{ type: 'input', data: 'say hello\r' }],
  );
  assert.is(await input.inputValue(), '');
  await input.fill('half');
  await page.keyboard.press('ArrowUp');
  assert.is(await input.inputValue(), 'say hello');
  await page.keyboard.press('ArrowDown');
  assert.is(await input.inputValue(), 'half');
});

when(chromium)(
  'it follows the end until one scrolls up, then says how many lines wait',
  async () => {
    const { page, id } = await open(lines(0, 300));
    await shown(page, 'line 299').waitFor();
    await page.getByRole('region', { name: 'Console output' }).focus();
    await page.keyboard.press('PageUp');
    await shown(page, 'line 299').waitFor({ state: 'detached' });
    portal.world.log(id, lines(300, 312));
    await page.getByRole('button', { name: '12 new lines' }).click();
    await shown(page, 'line 311').waitFor();
    await page.getByRole('button', { name: /new line/ }).waitFor({ state: 'detached' });
  },
);

when(chromium)(
  'a link of a program is opened when its real address was confirmed, others never',
  async () => {
    const link = (uri: string, text: string) => `\x1b]8;;${uri}\x1b\\${text}\x1b]8;;\x1b\\\r\n`;
    const { page } = await open(
      link('javascript:document.title="taken"', 'https://safe.example') +
        link('file:///etc/passwd', 'the manual') +
        link('https://trusted.example@evil.example/x', 'https://trusted.example') +
        '\x1b]0;Taken over\x07\x1b]2;Taken over\x07end\r\n',
    );
    await shown(page, 'end').waitFor();
    const title = await page.title();
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.message());
      void dialog.dismiss();
    });
    const opened: string[] = [];
    page.on('popup', (popup) => opened.push(popup.url()));
    // The terminal draws a row anew when the pointer comes to a link: the places are read before.
    const places = await page.locator('.xterm-rows > div').evaluateAll((rows) =>
      rows.slice(0, 3).map((row) => {
        const { x, y, height } = row.getBoundingClientRect();
        return [x + 20, y + height / 2] as const;
      }),
    );
    const asksFor = page.waitForEvent('dialog');
    for (const [x, y] of places) {
      await page.mouse.move(x, y, { steps: 3 });
      await page.mouse.click(x, y);
    }
    await asksFor;
    assert.is(asked.length, 1, 'neither a script nor a file is asked for');
    assert.match(asked[0]!, 'links to evil.example. Open it?');
    assert.match(asked[0]!, 'https://trusted.example@evil.example/x');
    assert.equal([opened, await page.title()], [[], title]);
  },
);

when(chromium)('a broken line mends by itself, and nothing stands there twice', async () => {
  const { page, id } = await open('once\r\n');
  await shown(page, 'once').waitFor();
  portal.platform.cut();
  await page.locator('.live.lost, .live.connecting').waitFor();
  portal.world.log(id, 'while away\r\n');
  await page.locator('.live.open').waitFor();
  await shown(page, 'while away').waitFor();
  assert.is(await page.locator('.xterm-rows').getByText('once').count(), 1);
});

when(chromium)('a viewer who was too slow starts over with the scrollback', async () => {
  const { page, id } = await open('old\r\n');
  await shown(page, 'old').waitFor();
  portal.platform.resync(id, 'fresh\r\n');
  await shown(page, 'fresh').waitFor();
  assert.is(await page.locator('.xterm-rows').getByText('old').count(), 0);
});

when(chromium)(
  'a stopped server takes no input and says why; what was typed stays for later',
  async () => {
    const { page, id } = await open();
    const input = page.getByLabel('Command');
    await input.fill('say half a th');
    portal.world.change(id, { observed: 'stopped', ready: false });
    await page.getByPlaceholder('The server is stopped. Start it to send commands.').waitFor();
    await input.press('Enter');
    assert.is(await input.inputValue(), 'say half a th');
    assert.equal(portal.platform.typed, []);
    portal.world.change(id, { observed: 'running', ready: true });
    await page.getByPlaceholder('Type a command').waitFor();
  },
);

when(chromium)(
  'input that the server does not read is told, until the next one is sent',
  async () => {
    const { page, id } = await open();
    portal.platform.refuse(id, 'AGENT_INPUT_FULL', 'The server does not read its console.');
    const alert = page.getByRole('alert').getByText('The server does not read its console.');
    await alert.waitFor();
    await page.getByLabel('Command').fill('say hello');
    await page.keyboard.press('Enter');
    await alert.waitFor({ state: 'detached' });
  },
);

when(chromium)('search finds, counts, walks and closes, by keyboard', async () => {
  const { page } = await open('alpha\r\nbeta\r\nalpha again\r\n');
  await shown(page, 'alpha again').waitFor();
  await page.getByLabel('Command').focus();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('alpha');
  await page.getByText('2 of 2').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('1 of 2').waitFor();
  await page.keyboard.press('Escape');
  await page.getByLabel('Search the console').waitFor({ state: 'detached' });
});

when(chromium)('copy gives the text without colours', async () => {
  const { page } = await open('\u001b[31mred\u001b[0m words\r\n');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await shown(page, 'red').waitFor();
  await page.locator('zlh-console').getByRole('button', { name: 'Copy' }).click();
  await page.locator('zlh-console').getByRole('button', { name: 'Copied' }).waitFor();
  assert.is(await page.evaluate(async () => navigator.clipboard.readText()), 'red words');
});

when(chromium)('a flood leaves the page alive and ends at the end', async () => {
  const { page, id } = await open();
  for (let part = 0; part < 50; part++)
    portal.world.log(id, lines(part * 1000, part * 1000 + 1000));
  await shown(page, 'line 49999').waitFor();
});

test.run();
