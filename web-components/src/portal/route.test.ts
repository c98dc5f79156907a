/** Addresses mean pages, hostile ones nothing bad. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { find, safeNext } from './route.ts';

const pages = ['/servers', '/servers/new', '/servers/:id', '/servers/:id/activity'].map((path) => ({
  path,
}));
const where = (pathname: string, search = ''): unknown => {
  const found = find(pages, pathname, search);
  return found && [found.page.path, found.place];
};

test('fixed addresses come before named parts', () => {
  assert.equal(where('/servers/new'), ['/servers/new', {}]);
  assert.equal(where('/servers/7'), ['/servers/:id', { id: '7' }]);
  assert.equal(where('/servers/7/activity/'), ['/servers/:id/activity', { id: '7' }]);
});

test('the query comes along but does not overrule the path', () => {
  assert.equal(where('/servers/7', '?id=8&next=%2Fx'), ['/servers/:id', { id: '7', next: '/x' }]);
});

test('unknown and broken addresses mean no page, and break nothing', () => {
  assert.is(where('/nothing'), undefined);
  assert.equal(where('/servers/%E0%A4%A'), ['/servers/:id', { id: '%E0%A4%A' }]);
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
    assert.is(safeNext(next), '/servers');
  }
});

test.run();
