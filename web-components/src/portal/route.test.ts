/** Addresses mean pages, hostile ones nothing bad. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { find, safeNext } from './route.ts';

const pages = ['/servers/:id/:tab?', '/servers', '/servers/new'].map((path) => ({ path }));
const where = (pathname: string, search = ''): unknown => {
  const found = find(pages, pathname, search);
  return found && [found.page.path, found.place];
};

test('fixed addresses come before named parts, in whichever order plugins add them', () => {
  assert.equal(where('/servers'), ['/servers', {}]);
  assert.equal(where('/servers/new'), ['/servers/new', {}]);
  assert.equal(where('/servers/7'), ['/servers/:id/:tab?', { id: '7', tab: '' }]);
  assert.equal(where('/servers/7/activity/'), ['/servers/:id/:tab?', { id: '7', tab: 'activity' }]);
});

test('the query stands beside the path and overrules nothing', () => {
  const found = find(pages, '/servers/7', '?id=8&next=%2Fx');
  assert.equal(found?.place, { id: '7', tab: '' });
  assert.equal(found?.query, { id: '8', next: '/x' });
});

test('unknown and broken addresses mean no page, and break nothing', () => {
  assert.is(where('/nothing'), undefined);
  assert.equal(where('/servers/%E0%A4%A'), ['/servers/:id/:tab?', { id: '%E0%A4%A', tab: '' }]);
});

test('signing in leads to an own page only, never to another site', () => {
  assert.is(safeNext('/servers/7?x=1'), '/servers/7?x=1');
  for (const next of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '',
    undefined,
  ]) {
    assert.is(safeNext(next), '/');
  }
});

test.run();
