/** What authors of plugins test with keeps its own promises. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asFunction, asValue } from 'awilix';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, faultsOf, wordsOf } from '../../test/coded.ts';
import { definePlugin } from '../plugin.ts';
import { point, token } from '../tokens.ts';
import { checkPlugin, replacement, startTestKernel } from './index.ts';

interface Clock {
  now(): number;
}
const Clock = token<Clock>('clock');
const Words = point<string>('words');

const clock = definePlugin({
  id: 'clock',
  services: { real: asFunction((): Clock => ({ now: () => Date.now() })).singleton() },
  provides: { real: Clock },
});
const teller = definePlugin({
  id: 'teller',
  config: Type.Object({ suffix: Type.String({ default: '!', description: 'What ends a line.' }) }),
  needs: { clock: Clock },
  services: {
    tell: asFunction(
      ({ clock, config }: { clock: Clock; config: { suffix: string } }) =>
        () =>
          `${clock.now()}${config.suffix}`,
    ).singleton(),
  },
  provides: { tell: token<() => string>('teller') },
  setup: ({ add, config }) => add(Words, config.suffix),
  start: ({ home }) => writeFileSync(join(home, 'started'), ''),
});
const Teller = token<() => string>('teller');

test('it starts plugins with settings and stand-ins, and gives services and points', async () => {
  const kernel = await startTestKernel({
    plugins: [teller, clock],
    config: { teller: { suffix: '?' } },
    replace: [replacement(Clock, { now: () => 7 })],
  });
  assert.is(kernel.use(Teller)(), '7?');
  assert.equal(kernel.points(Words), [{ plugin: 'teller', value: '?' }]);
  await kernel.stop();
});

test('a stand-in serves where no plugin provides the token', async () => {
  const kernel = await startTestKernel({ plugins: [teller], replace: [[Clock, { now: () => 1 }]] });
  assert.is(kernel.use(Teller)(), '1!');
  await kernel.stop();
});

test('the environment of the machine is not seen, the one given is', async () => {
  process.env.ZLH_TELLER_SUFFIX = ' from the machine';
  const first = await startTestKernel({ plugins: [teller, clock] });
  assert.match(first.use(Teller)(), /^\d+!$/);
  await first.stop();
  delete process.env.ZLH_TELLER_SUFFIX;
  const environment = { ZLH_TELLER_SUFFIX: '#' };
  const second = await startTestKernel({ plugins: [teller, clock], environment });
  assert.match(second.use(Teller)(), /^\d+#$/);
  await second.stop();
});

test('its home is its own and goes away; a home that was given stays', async () => {
  const kernel = await startTestKernel({ plugins: [teller, clock] });
  assert.ok(existsSync(join(kernel.home, 'started')));
  await kernel.stop();
  assert.not.ok(existsSync(kernel.home));

  const home = mkdtempSync(join(tmpdir(), 'zlh-'));
  await (await startTestKernel({ plugins: [teller, clock], home })).stop();
  assert.ok(existsSync(join(home, 'started')));
});

test("the home goes away when the start fails, and the error is the kernel's", async () => {
  let home = '';
  const broken = definePlugin({
    id: 'broken',
    start(use) {
      home = use.home;
      throw new Error('no');
    },
  });
  const error = await failureOf(() => startTestKernel({ plugins: [broken], logLevel: 'silent' }));
  assert.is(wordsOf(error)[0], 'KERNEL_START_FAILED');
  assert.not.ok(existsSync(home));
  const missing = await failureOf(() => startTestKernel({ plugins: [teller] }));
  assert.is(faultsOf(missing)[0]?.[0], 'KERNEL_MISSING_NEED');
});

test('a stop that fails is a test that fails', async () => {
  const stop = () => {
    throw new Error('still busy');
  };
  const kernel = await startTestKernel({
    plugins: [definePlugin({ id: 'a', stop })],
    logLevel: 'silent',
  });
  const error = (await failureOf(() => kernel.stop())) as AggregateError;
  assert.is(error.message, '"a" failed to stop: still busy.');
  assert.not.ok(existsSync(kernel.home));
});

test('a sound plugin has no faults', () => {
  assert.equal(checkPlugin(teller), []);
  assert.equal(checkPlugin(clock), []);
});

test('what was not declared with definePlugin is told', () => {
  assert.equal(checkPlugin({ id: 'web' }), ['It was not made by definePlugin().']);
  assert.equal(checkPlugin(undefined), ['It was not made by definePlugin().']);
});

test('faults and bad habits of a declaration are told as sentences', () => {
  const odd = definePlugin({
    id: 'odd',
    config: Type.Object({
      port: Type.Integer({ default: 'many', description: 'Port.' }),
      key: Type.String(),
    }),
    services: { log: asValue(1), server: asFunction(() => 1) },
    provides: { other: Clock } as never,
  });
  assert.equal(checkPlugin(odd), [
    'It has the name "log" twice among its needs, its services and what the kernel gives.',
    'It provides "other", which is not among its services.',
    'Its setting "key" has no description.',
    'Its service "server" is not a singleton, so every read makes a new one.',
    'Its defaults do not fit its schema: The setting "port" of "odd" must be integer (default).',
  ]);
});

test.run();
