/** Tokens and points match by id, whoever made them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asValue } from 'awilix';
import { makeKernel } from '../test/kernels.ts';
import { definePlugin } from './plugin.ts';
import { optional, point, token } from './tokens.ts';

interface Greeter {
  greet(): string;
}

test('a token made by another copy of the contract finds the same service', async () => {
  const provider = definePlugin({
    id: 'provider',
    services: { greeter: asValue<Greeter>({ greet: () => 'hello' }) },
    provides: { greeter: token<Greeter>('greeter') },
  });
  let heard = '';
  const user = definePlugin({
    id: 'user',
    needs: { greeter: token<Greeter>('greeter') },
    start: ({ greeter }) => void (heard = greeter.greet()),
  });
  const { kernel } = makeKernel([user, provider]);
  await kernel.start();
  await kernel.stop();
  assert.is(heard, 'hello');
});

test('a point made by another copy of the contract is the same list, in setup order', async () => {
  const words = () => point<string>('words');
  const adds = (id: string) => definePlugin({ id, setup: ({ add }) => add(words(), `by ${id}`) });
  const read: unknown[] = [];
  const reader = definePlugin({
    id: 'reader',
    needs: { all: words() },
    start: ({ all }) => void read.push(...all),
  });
  const { kernel } = makeKernel([reader, adds('b'), adds('a')]);
  await kernel.start();
  await kernel.stop();
  assert.equal(read, [
    { plugin: 'b', value: 'by b' },
    { plugin: 'a', value: 'by a' },
  ]);
});

test('a point nobody adds to is empty, an optional token nobody provides undefined', async () => {
  let seen: unknown;
  const alone = definePlugin({
    id: 'alone',
    needs: { words: point<string>('words'), greeter: optional(token<Greeter>('greeter')) },
    start: ({ words, greeter }) => void (seen = { words, greeter }),
  });
  const { kernel } = makeKernel([alone]);
  await kernel.start();
  await kernel.stop();
  assert.equal(seen, { words: [], greeter: undefined });
});

test('a token and a point of one id do not meet', async () => {
  const { kernel } = makeKernel([
    definePlugin({
      id: 'both',
      services: { one: asValue(1) },
      provides: { one: token<number>('same') },
      setup: ({ add }) => add(point<number>('same'), 2),
    }),
  ]);
  await kernel.start();
  assert.is(kernel.use(token<number>('same')), 1);
  assert.equal(kernel.contributions(point<number>('same')), [{ plugin: 'both', value: 2 }]);
  await kernel.stop();
});

test.run();
