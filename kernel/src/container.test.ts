/** One container per plugin: `use` is lazy, and everything that was made is let go of. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asFunction, asValue } from 'awilix';
import { failureOf, wordsOf } from '../test/coded.ts';
import { createPluginContainer } from './container.ts';
import { createLog } from './log.ts';
import { definePlugin, type Plugin } from './plugin.ts';
import { point, token, type Need } from './tokens.ts';

function containerOf(plugin: Plugin, answer: (need: Need) => unknown = () => undefined) {
  const signal = new AbortController().signal;
  const context = {
    config: { port: 1 },
    log: createLog({ level: 'silent' }),
    signal,
    home: '/home',
  };
  return createPluginContainer(plugin, context, answer);
}

test('nothing is made before it is read, and it is made once', () => {
  let made = 0;
  const services = { server: asFunction(() => ({ number: ++made })).singleton() };
  const { use, open } = containerOf(definePlugin({ id: 'web', services }));
  open();
  assert.is(made, 0);
  assert.is(use.server, use.server);
  assert.is(made, 1);
});

test('factories receive what the kernel gives, the needs and the other services', () => {
  const plugin = definePlugin({
    id: 'web',
    needs: { clock: token<string>('clock') },
    services: {
      all: asFunction(({ config, home, clock, other }) => [config, home, clock, other]).singleton(),
      other: asValue('other'),
    },
  });
  const { use, open } = containerOf(plugin, () => 'the clock');
  open();
  assert.equal(use.all, [{ port: 1 }, '/home', 'the clock', 'other']);
});

test('use may be taken apart, spread and asked what it has', () => {
  const { use, open } = containerOf(definePlugin({ id: 'web', services: { a: asValue(1) } }));
  open();
  assert.equal(Object.keys(use), ['config', 'log', 'signal', 'home', 'a']);
  assert.is({ ...use }.a, 1);
  assert.is('a' in use, true);
  assert.is('b' in use, false);
});

test('use survives being awaited and being logged', async () => {
  const { use } = containerOf(definePlugin({ id: 'web' }));
  assert.is(await Promise.resolve(use), use);
  assert.is((use as { toJSON?: unknown }).toJSON, undefined);
});

test('use cannot be written to', () => {
  const { use } = containerOf(definePlugin({ id: 'web' }));
  assert.throws(() => Object.assign(use, { a: 1 }), /'set' on proxy/);
});

test('reading use before the start is refused', async () => {
  const { use } = containerOf(definePlugin({ id: 'web', services: { server: asValue(1) } }));
  assert.equal(wordsOf(await failureOf(() => use.server)), [
    'KERNEL_USE_TOO_EARLY',
    '"web" read "use.server" before its start.',
    'Read it in start() or later; read points in ready().',
  ]);
});

test('points may be read before the start, for commands that list what plugins add', () => {
  const names = point<string>('web.names');
  const list = [{ plugin: 'web', value: 'a' }];
  const { use } = containerOf(definePlugin({ id: 'web', needs: { names } }), () => list);
  assert.is(use.names, list);
});

test('reading what was never asked for is refused, whatever objects inherit', async () => {
  const { use, open } = containerOf(definePlugin({ id: 'web' }));
  open();
  assert.equal(wordsOf(await failureOf(() => use.database)), [
    'KERNEL_USE_UNKNOWN',
    '"web" read "use.database", which is neither among its needs nor its services.',
    'Add it to the needs of "web".',
  ]);
  assert.is(wordsOf(await failureOf(() => use.constructor))[0], 'KERNEL_USE_UNKNOWN');
});

test('after the end nothing is made again, but the log still writes', async () => {
  let made = 0;
  const services = { server: asFunction(() => ++made).singleton() };
  const { use, open, dispose, resolve } = containerOf(definePlugin({ id: 'web', services }));
  open();
  assert.is(use.server, 1);
  await dispose(1000);
  assert.equal(wordsOf(await failureOf(() => use.server)), [
    'KERNEL_USE_TOO_LATE',
    '"web" read "use.server" after it had stopped.',
    'End timers and listeners in stop(), or when "signal" is aborted.',
  ]);
  assert.is(resolve('server'), undefined);
  assert.ok(use.log);
  assert.is(made, 1);
});

test('services that were made are disposed newest first, one after the other', async () => {
  const said: string[] = [];
  const service = (name: string, needs: readonly string[] = []) =>
    asFunction((cradle: Record<string, unknown>) => needs.map((need) => cradle[need]))
      .singleton()
      .disposer(async () => {
        said.push(`${name} begins`);
        await Promise.resolve();
        said.push(`${name} ends`);
      });
  const services = {
    server: service('server', ['pool']),
    pool: service('pool'),
    unused: service('unused'),
  };
  const { use, open, dispose } = containerOf(definePlugin({ id: 'web', services }));
  open();
  void use.server;
  assert.equal(await dispose(1000), []);
  assert.equal(said, ['server begins', 'server ends', 'pool begins', 'pool ends']);
  assert.equal(await dispose(1000), [], 'a second time nothing is left');
});

test('every disposer that fails or hangs is reported, and stops no other', async () => {
  const disposed = (dispose: () => unknown) =>
    asFunction(() => ({}))
      .singleton()
      .disposer(dispose);
  let last = false;
  const services = {
    last: disposed(() => void (last = true)),
    hangs: disposed(() => new Promise(() => {})),
    throws: disposed(() => {
      throw new Error('Pool is busy.');
    }),
    rejects: disposed(() => Promise.reject(new Error('gone'))),
  };
  const { use, open, dispose } = containerOf(definePlugin({ id: 'web', services }));
  open();
  for (const name of Object.keys(services)) void use[name];
  assert.equal((await dispose(20)).map(wordsOf), [
    [
      'KERNEL_DISPOSE_FAILED',
      '"web" failed to dispose of its service "rejects": gone.',
      'Everything else was stopped; its log lines above say more.',
    ],
    [
      'KERNEL_DISPOSE_FAILED',
      '"web" failed to dispose of its service "throws": Pool is busy.',
      'Everything else was stopped; its log lines above say more.',
    ],
    [
      'KERNEL_DISPOSE_TIMEOUT',
      '"web" did not dispose of its service "hangs" within 0.02 s.',
      'It was left behind and the others were stopped; "stopTimeoutMs" gives it longer.',
    ],
  ]);
  assert.is(last, true);
});

test('a service that cannot be made says how it was come to', async () => {
  const services = {
    server: asFunction(({ router }) => router).singleton(),
    router: asFunction(({ nothing }) => nothing).singleton(),
  };
  const { use, open } = containerOf(definePlugin({ id: 'web', services }));
  open();
  const error = (await failureOf(() => use.server)) as Error;
  assert.match(error.message, "Could not resolve 'nothing'");
  assert.match(error.message, 'server -> router -> nothing');
});

test.run();
