/** Plugins start after what they need, and otherwise in the order of the configuration. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asValue } from 'awilix';
import { wordsOf } from '../test/coded.ts';
import { chainTo, orderPlugins, withDependents } from './order.ts';
import { definePlugin, type Plugin } from './plugin.ts';
import { optional, point, token, type Need } from './tokens.ts';

/** Needs are token ids; `x?` is optional, `x[]` a point. It provides the token of its own id. */
function plugin(id: string, ...needs: readonly string[]): Plugin {
  const asNeed = (need: string): Need => {
    if (need.endsWith('?')) return optional(token(need.slice(0, -1)));
    return need.endsWith('[]') ? point(need.slice(0, -2)) : token(need);
  };
  return definePlugin({
    id,
    needs: Object.fromEntries(needs.map((need, index) => [`need${index}`, asNeed(need)])),
    services: { own: asValue(id) },
    provides: { own: token<string>(id) },
  });
}

test('a provider starts before everybody who needs its token', () => {
  const order = orderPlugins([plugin('a', 'b', 'c'), plugin('b', 'c'), plugin('c')]);
  assert.equal(order.ids, ['c', 'b', 'a']);
  assert.equal(order.faults, []);
});

test('plugins that do not depend on each other keep the order of the configuration', () => {
  const order = orderPlugins([plugin('c'), plugin('a', 'words[]'), plugin('b')]);
  assert.equal(order.ids, ['c', 'a', 'b']);
});

test('an optional need orders when somebody answers it, and is no fault when nobody does', () => {
  assert.equal(orderPlugins([plugin('a', 'b?'), plugin('b')]).ids, ['b', 'a']);
  assert.equal(orderPlugins([plugin('a', 'b?')]).faults, []);
});

test('a plugin may need what it provides itself', () => {
  const { ids, faults } = orderPlugins([plugin('a', 'a')]);
  assert.equal([ids, faults], [['a'], []]);
});

test('a missing need names who needs what', () => {
  const { faults } = orderPlugins([plugin('billing', 'database')]);
  assert.equal(
    faults.map(({ error }) => wordsOf(error)),
    [
      [
        'KERNEL_MISSING_NEED',
        '"billing" needs "database", and no enabled plugin provides it.',
        'Enable a plugin that provides "database", or disable "billing".',
      ],
    ],
  );
});

test('two providers of one token are refused', () => {
  const second = definePlugin({
    id: 'other-clock',
    services: { clock: asValue(1) },
    provides: { clock: token<number>('clock') },
  });
  assert.equal(
    orderPlugins([plugin('clock'), second]).faults.map(({ error }) => wordsOf(error)),
    [
      [
        'KERNEL_TWO_PROVIDERS',
        '"clock" and "other-clock" both provide "clock".',
        'Keep one of them in the configuration.',
      ],
    ],
  );
});

test('a cycle is told as the path that leads back to its beginning', () => {
  const order = orderPlugins([
    plugin('x', 'a'),
    plugin('a', 'b'),
    plugin('b', 'c'),
    plugin('c', 'a'),
  ]);
  assert.equal(
    order.faults.map(({ error }) => wordsOf(error)),
    [
      [
        'KERNEL_CYCLE',
        'These plugins need each other: a → b → c → a.',
        'Turn one of these needs into a point, or disable one of the plugins.',
      ],
    ],
  );
});

test('every cycle is told, also one through an optional need', () => {
  const order = orderPlugins([
    plugin('a', 'b'),
    plugin('b', 'a?'),
    plugin('c', 'd'),
    plugin('d', 'c'),
  ]);
  assert.equal(
    order.faults.map(({ error }) => error.message),
    ['These plugins need each other: a → b → a.', 'These plugins need each other: c → d → c.'],
  );
});

test('dependents are found however far, and a chain leads down to the plugin', () => {
  const { ids, required, dependencies } = orderPlugins([
    plugin('database'),
    plugin('invoices', 'database'),
    plugin('billing', 'invoices'),
    plugin('audit', 'database?'),
  ]);
  assert.equal(withDependents('database', ids, required), ['database', 'invoices', 'billing']);
  assert.equal(withDependents('database', ids, dependencies).includes('audit'), true);
  assert.equal(withDependents('billing', ids, required), ['billing']);
  assert.equal(chainTo('database', ids, required), ['billing', 'invoices', 'database']);
  assert.equal(chainTo('audit', ids, required), ['audit']);
});

test.run();
