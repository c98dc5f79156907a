/** Elements work alone, on a page that knows nothing of the portal, under a strict policy and with nothing but a key. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../test/runner/needs.ts';
import { Portal } from '../test/browser.ts';

const chromium = await needs.chromium();
const portal = new Portal(chromium.value);
test.after.each(async () => portal.leave());
test.after(async () => portal.close());

const page = (script: string, body: string): string =>
  `<!doctype html><html lang="en"><title>A stranger's page</title>${script}<h1>Our club</h1>${body}`;

when(chromium)('a card and a console work from one script tag and a key', async () => {
  const { id } = portal.world.addInstance({ name: 'Skyblock' });
  portal.world.log(id, 'hello from the server\r\n');
  await portal.start();
  const { url } = portal.platform;
  const attributes = `instance-id="${id}" server="${url}" token="zlh_test"`;
  const body = `<zlh-instance-card ${attributes}></zlh-instance-card><zlh-console style="height:300px" ${attributes}></zlh-console>`;
  portal.platform.pages.set('/club', page('<script defer src="/zlh-elements.js"></script>', body));
  const club = await portal.visit('/club', { out: true });
  await club.getByRole('link', { name: 'Skyblock' }).waitFor();
  await club.getByText('hello from the server').waitFor();
  assert.is(
    await club.getByRole('link', { name: 'Skyblock' }).getAttribute('href'),
    `${url}/servers/${id}`,
  );
  portal.world.change(id, { observed: 'stopped', ready: false });
  await club.getByText('Stopped').waitFor();
  assert.equal(portal.platform.protocols, ['zlh.console,zlh.bearer.zlh_test']);
});

when(chromium)(
  'a single element is a module of its own, and takes the colours of the page',
  async () => {
    const colours = '<style>:root{--zlh-ok:rgb(1, 2, 3)}</style>';
    const body = '<zlh-state-pill observed="running" ready></zlh-state-pill>';
    portal.platform.pages.set(
      '/pill',
      page(`${colours}<script type="module" src="/elements/state-pill.js"></script>`, body),
    );
    const stranger = await portal.visit('/pill', { out: true });
    await stranger.getByText('Running · ready').waitFor();
    const tone = await stranger.locator('zlh-state-pill').evaluate((pill) => {
      const inner = pill.shadowRoot?.querySelector('[part=pill]');
      return inner ? getComputedStyle(inner).getPropertyValue('--tone') : '';
    });
    assert.is(tone.trim(), 'rgb(1, 2, 3)');
  },
);

when(chromium)('both bundles on one page do not get in each other’s way', async () => {
  const scripts =
    '<script defer src="/zlh-elements.js"></script><script type="module" src="/elements/state-pill.js"></script>';
  portal.platform.pages.set(
    '/both',
    page(scripts, '<zlh-state-pill state="failed"></zlh-state-pill>'),
  );
  const stranger = await portal.visit('/both', { out: true });
  await stranger.getByText('Failed').waitFor();
});

test.run();
