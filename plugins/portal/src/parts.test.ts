/** Promises of parts: listed for each caller, served under their hash, and wrong ones harm no other. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Identity } from '@zlh/http';
import { definePlugin, type Contribution } from '@zlh/kernel';
import { startTestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PortalParts, type PortalPage, type PortalPartSet } from './index.ts';
import { Parts } from './parts.ts';

const parent = mkdtempSync(join(tmpdir(), 'zlh-parts-'));
const folder = join(parent, 'portal');
const url = pathToFileURL(`${folder}/`);
test.before(() => {
  mkdirSync(folder);
  writeFileSync(join(parent, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'page.js'), 'export {};');
  symlinkSync(join(parent, 'secret.txt'), join(folder, 'link.js'));
});
test.after(() => rmSync(parent, { recursive: true }));

const portal = {
  elementModule: (name: string) => (name === 'own' ? '/assets/own-1.js' : undefined),
};
const page = (id: string, more: Partial<PortalPage> = {}): PortalPage => ({
  id,
  label: id,
  path: `/${id}`,
  element: `${id}-page`,
  module: 'own',
  ...more,
});
const caller = (...permissions: string[]): Identity => ({
  kind: 'user',
  id: 'ada',
  label: 'ada',
  administrator: false,
  can: (permission) => permissions.includes(permission),
});

const logged: object[] = [];
const log = { error: (entry: object) => void logged.push(entry) } as never;
const partsOf = (...sets: readonly (readonly [string, PortalPartSet])[]) => {
  const contributions: Contribution<PortalPartSet>[] = sets.map(([plugin, value]) => ({
    plugin,
    value,
  }));
  logged.length = 0;
  return { contributions, parts: new Parts({ sets: contributions, portal, log }) };
};
const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);

test('a caller is shown the parts of their permissions, a stranger those of strangers', () => {
  const pages = [
    page('last'),
    page('first', { order: 1 }),
    page('secret', { permission: 'a.read' }),
    page('door', { public: true }),
  ];
  const tab = { id: 'tab', label: 'Tab', element: 'a-tab', module: 'own', permission: 'a.read' };
  const { parts } = partsOf(['a', { pages, instanceTabs: [tab] }]);
  assert.equal(ids(parts.listFor(caller()).pages), ['first', 'door', 'last']);
  assert.equal(ids(parts.listFor(caller('a.read')).pages), ['first', 'door', 'last', 'secret']);
  assert.equal(ids(parts.listFor(caller('a.read')).instanceTabs), ['tab']);
  assert.equal(parts.listFor(caller()).instanceTabs, []);
  assert.equal(ids(parts.listFor(null).pages), ['door']);
  assert.not.ok('permission' in parts.listFor(caller('a.read')).pages[3]!);
});

test('a module of a folder is served under the hash of the folder, and nothing from beside it', () => {
  const set = { folder: url, module: 'page.js', pages: [page('a', { module: 'page.js' })] };
  const address = () => partsOf(['mine', set]).parts.listFor(caller()).pages[0]!.module;
  const { parts } = partsOf(['mine', set]);
  const [, , plugin, hash, ...path] = address().split('/');
  assert.is(parts.file(plugin!, hash!, path.join('/'))?.content.toString(), 'export {};');
  assert.match(parts.file(plugin!, hash!, 'page.js')!.cacheControl, 'immutable');
  for (const wrong of ['../secret.txt', 'link.js', '', '__proto__'])
    assert.is(parts.file(plugin!, hash!, wrong), undefined, wrong);
  assert.is(parts.file('other', hash!, 'page.js'), undefined);
  const before = address();
  writeFileSync(join(folder, 'page.js'), 'export const changed = true;');
  assert.is.not(address(), before);
});

test('a wrong part is left out with its plugin named, and the others stand', () => {
  const wrong = [
    page('Not kebab'),
    page('path', { path: 'no-slash' }),
    page('tag', { element: 'tag' }),
  ];
  const { parts } = partsOf(['bad', { pages: wrong }], ['good', { pages: [page('fine')] }]);
  assert.equal(ids(parts.listFor(caller()).pages), ['fine']);
  assert.equal(
    logged.map((entry) => (entry as { of: string }).of),
    ['bad', 'bad', 'bad'],
  );
});

test('a missing folder or module leaves an address that answers nothing, and harms nobody', () => {
  const gone = { folder: new URL('gone/', url), module: 'a.js', pages: [page('a')] };
  const { parts } = partsOf(['bad', gone], ['good', { pages: [page('fine')] }]);
  assert.equal(ids(parts.listFor(caller()).pages), ['a', 'fine']);
  const [, , plugin, hash, path] = parts.listFor(caller()).pages[0]!.module.split('/');
  assert.is(parts.file(plugin!, hash!, path!), undefined);
});

test('the first of two parts at one address stands, and the other is logged', () => {
  const { parts } = partsOf(
    ['a', { pages: [page('one', { path: '/x/:id' })] }],
    ['b', { pages: [page('two', { path: '/x/:name' })] }],
  );
  assert.equal(ids(parts.listFor(caller()).pages), ['one']);
  assert.equal(logged.length, 1);
});

test('a plugin that fails takes its parts along', () => {
  const { parts, contributions } = partsOf(
    ['a', { pages: [page('one')] }],
    ['b', { pages: [page('two')] }],
  );
  assert.equal(ids(parts.listFor(caller()).pages), ['one', 'two']);
  contributions.splice(0, 1);
  assert.equal(ids(parts.listFor(caller()).pages), ['two']);
});

test('a plugin that is not in the configuration adds no part', async () => {
  const plugin = (id: string) =>
    definePlugin({ id, setup: ({ add }) => add(PortalParts, { pages: [page(id)] }) });
  for (const [plugins, wanted] of [
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [['b'], ['b']],
  ] as const) {
    const kernel = await startTestKernel({ plugins: plugins.map(plugin), logLevel: 'silent' });
    const parts = new Parts({ sets: kernel.points(PortalParts), portal, log });
    assert.equal(ids(parts.listFor(caller()).pages), wanted);
    await kernel.stop();
  }
});

test.run();
