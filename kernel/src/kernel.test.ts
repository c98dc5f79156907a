/**
 * The life of plugins in a kernel: in order, and every way in which it goes wrong, word for word.
 */
import { setImmediate } from 'node:timers/promises';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asFunction, asValue } from 'awilix';
import { failureOf, faultsOf, wordsOf } from '../test/coded.ts';
import { makeKernel } from '../test/kernels.ts';
import { CodedError, errors } from './errors.ts';
import { definePlugin, type Plugin, type PluginDefinition } from './plugin.ts';
import { optional, point, token, type Need } from './tokens.ts';

type Steps = Partial<
  Pick<PluginDefinition<any, any, any>, 'setup' | 'start' | 'ready' | 'drain' | 'stop'>
>;
const phases = ['setup', 'start', 'ready', 'drain', 'stop'] as const;
const Words = point<string>('words');
const forEver = () => new Promise<never>(() => {});
const fail = (message: string) => () => {
  throw new Error(message);
};

/** Writes every step it takes into `story`; provides and needs tokens named as plugins. */
function told(
  story: string[],
  id: string,
  needs: readonly string[] = [],
  steps: Steps = {},
): Plugin {
  const asNeed = (need: string): Need =>
    need.endsWith('?') ? optional(token(need.slice(0, -1))) : token(need);
  const tell = (phase: (typeof phases)[number]) => (context: any) => {
    story.push(`${phase} ${id}`);
    return steps[phase]?.(context);
  };
  return definePlugin({
    id,
    needs: Object.fromEntries(needs.map((need) => [need.replace('?', ''), asNeed(need)])),
    services: { own: asValue(id) },
    provides: { own: token<any>(id) },
    ...(Object.fromEntries(phases.map((phase) => [phase, tell(phase)])) as Steps),
  });
}

test('setup everywhere, start in order, then ready; drain, then stop, in reverse', async () => {
  const story: string[] = [];
  const { kernel } = makeKernel([told(story, 'web', ['data']), told(story, 'data')]);
  assert.equal(story.splice(0), ['setup data', 'setup web']);
  await kernel.start();
  assert.equal(story.splice(0), ['start data', 'start web', 'ready data', 'ready web']);
  assert.equal(await kernel.stop(), []);
  assert.equal(story, ['drain web', 'drain data', 'stop web', 'stop data']);
});

test('a plugin starts when what it needs has come to the end of its start', async () => {
  const story: string[] = [];
  const slow = async () => {
    await setImmediate();
    story.push('data has started');
  };
  const { kernel } = makeKernel([
    told(story, 'data', [], { start: slow }),
    told(story, 'web', ['data']),
  ]);
  await kernel.start();
  assert.equal(story.slice(2, 5), ['start data', 'data has started', 'start web']);
  await kernel.stop();
});

test('stopping twice stops once', async () => {
  const story: string[] = [];
  const { kernel } = makeKernel([told(story, 'web')]);
  await kernel.start();
  await Promise.all([kernel.stop(), kernel.stop()]);
  assert.equal(story.filter((line) => line === 'stop web').length, 1);
});

test('the signal is aborted after drain and before stop', async () => {
  const seen: boolean[] = [];
  const see = ({ signal }: { signal: AbortSignal }) => void seen.push(signal.aborted);
  const { kernel } = makeKernel([definePlugin({ id: 'web', start: see, drain: see, stop: see })]);
  await kernel.start();
  await kernel.stop();
  assert.equal(seen, [false, false, true]);
});

test('parsed settings, log and home reach setup and start', async () => {
  let seen: unknown;
  const { kernel, lines } = makeKernel(
    [
      definePlugin({
        id: 'web',
        config: Type.Object({ port: Type.Integer({ default: 1 }) }),
        setup: ({ log, config }) => log.info(`port ${config.port}`),
        start: ({ config, home }) => void (seen = [config.port, home]),
      }),
    ],
    { environment: { ZLH_WEB_PORT: '7' }, home: '/srv/zlh' },
  );
  await kernel.start();
  await kernel.stop();
  assert.equal(seen, [7, '/srv/zlh']);
  assert.is(lines[0]?.plugin, 'web');
  assert.is(lines[0]?.msg, 'port 7');
});

test('all faults of a configuration are in one report; no code of a plugin has run', async () => {
  const story: string[] = [];
  const clock = (id: string) =>
    definePlugin({ id, services: { clock: asValue(1) }, provides: { clock: token('clock') } });
  const web = definePlugin({
    id: 'web',
    config: Type.Object({ port: Type.Integer() }),
    needs: { database: token('database') },
  });
  const error = await failureOf(() =>
    makeKernel(
      [
        web,
        told(story, 'a', ['b']),
        told(story, 'b', ['a']),
        clock('clock'),
        clock('other-clock'),
        definePlugin({ id: 'odd', needs: { log: Words } }),
        told(story, 'a'),
      ],
      {
        faults: [errors.unknownPlugin('@x/gone', '/etc/platform.ts')],
        installed: { web: { settings: { prot: 1 } } },
      },
    ),
  );
  assert.equal(wordsOf(error), [
    'KERNEL_CONFIGURATION',
    'The configuration has 8 faults.',
    'Correct them and start again.',
  ]);
  assert.equal(
    faultsOf(error).map(([code]) => code),
    [
      'KERNEL_UNKNOWN_PLUGIN',
      'KERNEL_WRONG_DECLARATION',
      'KERNEL_DUPLICATE_ID',
      'KERNEL_TWO_PROVIDERS',
      'KERNEL_MISSING_NEED',
      'KERNEL_CYCLE',
      'KERNEL_UNKNOWN_SETTING',
      'KERNEL_MISSING_SETTING',
    ],
  );
  assert.equal(story, []);
});

test('one fault is counted as one', async () => {
  const error = await failureOf(() =>
    makeKernel([definePlugin({ id: 'a', needs: { b: token('b') } })]),
  );
  assert.is((error as Error).message, 'The configuration has one fault.');
});

test('two packages with one id are refused', async () => {
  const twice = [definePlugin({ id: 'web' }), definePlugin({ id: 'web' })];
  const error = await failureOf(() => makeKernel(twice));
  assert.equal(faultsOf(error), [
    [
      'KERNEL_DUPLICATE_ID',
      '"@zlh/web" and "@zlh/web" both call themselves "web".',
      'Keep one of them in the configuration.',
    ],
  ]);
});

test('a wrong declaration is refused, each fault of it', async () => {
  const wrong = definePlugin({
    id: 'odd',
    config: Type.Object({ onFailure: Type.Optional(Type.String()) }),
    needs: { log: Words, bad: 5 as never },
    services: { log: asValue(1), raw: 'text' as never },
    provides: { missing: token('missing'), raw: Words as never } as never,
  });
  const error = await failureOf(() => makeKernel([wrong]));
  const say = (problem: string) => [
    'KERNEL_WRONG_DECLARATION',
    `The plugin "@zlh/odd" is declared wrongly: ${problem}.`,
    'Tell its author, or take it out of the configuration.',
  ];
  assert.equal(faultsOf(error), [
    say('it has the name "log" twice among its needs, its services and what the kernel gives'),
    say('its need "bad" is neither a token, an optional token nor a point'),
    say('its service "raw" is not made by asFunction(), asClass() or asValue()'),
    say('it provides "missing", which is not among its services'),
    say('what "raw" provides is not a token'),
    say('its setting "onFailure" is the kernel\'s'),
  ]);
});

test('an id that is not kebab-case is refused where it is declared', () => {
  assert.throws(
    () => definePlugin({ id: 'FileManager' }),
    'A plugin id is kebab-case, like "file-manager"; got "FileManager".',
  );
});

test('a setup that throws names the plugin', async () => {
  const wrong = definePlugin({ id: 'web', setup: fail('No such folder.') });
  assert.equal(wordsOf(await failureOf(() => makeKernel([wrong]))), [
    'KERNEL_SETUP_FAILED',
    '"web" failed to set up: No such folder.',
    'Its log lines above say more; "zlh doctor" checks the machine.',
  ]);
});

test('a setup that waits is refused, whatever it comes to', async () => {
  const setup = (() => Promise.reject(new Error('later'))) as unknown as () => void;
  const error = await failureOf(() => makeKernel([definePlugin({ id: 'web', setup })]));
  assert.is(
    wordsOf(error)[1],
    '"web" failed to set up: setup() must be synchronous; what waits belongs into start().',
  );
});

const Numbers = point<number>('numbers');

test('a contribution that is a function of use is made once, at the latest after the start', async () => {
  const made: string[] = [];
  const web = definePlugin({
    id: 'web',
    services: { own: asValue(1) },
    setup({ add }) {
      add(Numbers, ({ own }) => {
        made.push('made');
        return own;
      });
    },
    start: () => void made.push('started'),
  });
  const reader = definePlugin({
    id: 'reader',
    needs: { numbers: Numbers },
    ready: ({ numbers }) => void made.push(`read ${numbers[0]?.value}`),
  });
  const { kernel } = makeKernel([reader, web]);
  await kernel.start();
  assert.equal(made, ['started', 'made', 'read 1']);
  await kernel.stop();
});

test('a contribution that reads use before the start names its plugin', () => {
  const web = definePlugin({
    id: 'web',
    services: { own: asValue(1) },
    setup: ({ add }) => add(Numbers, ({ own }) => own),
  });
  const { kernel } = makeKernel([web]);
  assert.throws(
    () => kernel.contributions(Numbers)[0]?.value,
    /"web" read "use.own" before its start/,
  );
});

test('a contribution that throws fails the start of its plugin alone', async () => {
  const web = definePlugin({
    id: 'web',
    setup: ({ add }) =>
      add(Numbers, () => {
        throw new Error('no number');
      }),
  });
  const { kernel } = makeKernel([web], { installed: { web: { onFailure: 'continue' } } });
  await kernel.start();
  assert.equal(kernel.contributions(Numbers), []);
  assert.is(kernel.report()[0]?.state, 'failed');
  await kernel.stop();
});

test('adding after setup is refused', async () => {
  let kept: (() => void) | undefined;
  const late = definePlugin({
    id: 'web',
    setup: ({ add }) => void (kept = () => add(Words, 'late')),
  });
  const { kernel } = makeKernel([late]);
  assert.equal(wordsOf(await failureOf(() => kept?.())), [
    'KERNEL_ADD_TOO_LATE',
    '"web" added to "words" after its setup.',
    'Call add() inside setup().',
  ]);
  assert.equal(kernel.contributions(Words), []);
});

test('a failed start stops everything begun, itself included, and says the chain', async () => {
  const story: string[] = [];
  const { kernel } = makeKernel([
    told(story, 'log-store'),
    told(story, 'database', ['log-store'], { start: fail('Connection refused.') }),
    told(story, 'invoices', ['database']),
    told(story, 'billing', ['invoices']),
  ]);
  story.length = 0;
  assert.equal(wordsOf(await failureOf(() => kernel.start())), [
    'KERNEL_START_FAILED',
    '"database" failed to start (billing → invoices → database): Connection refused.',
    'Its log lines above say more; "zlh doctor" checks the machine.',
  ]);
  assert.equal(story, [
    'start log-store',
    'start database',
    'drain log-store',
    'stop database',
    'stop log-store',
  ]);
  assert.equal(
    kernel.report().map(({ state }) => state),
    ['stopped', 'stopped', 'configured', 'configured'],
  );
});

test('what a plugin advises in its error is what the host is told to do', async () => {
  const start = () => {
    throw new CodedError('WEB_PORT_BUSY', 'Port 4000 is taken.', 'Set ZLH_WEB_PORT.');
  };
  const { kernel } = makeKernel([definePlugin({ id: 'web', start })]);
  const error = await failureOf(() => kernel.start());
  assert.equal(wordsOf(error), [
    'KERNEL_START_FAILED',
    '"web" failed to start: Port 4000 is taken.',
    'Set ZLH_WEB_PORT.',
  ]);
  assert.is(((error as Error).cause as CodedError).code, 'WEB_PORT_BUSY');
});

test('a start that hangs is ended by the time limit, told by the signal, and stopped', async () => {
  const story: string[] = [];
  let signal: AbortSignal | undefined;
  const start = (use: { signal: AbortSignal }) => {
    signal = use.signal;
    return forEver();
  };
  const plugins = [told(story, 'database', [], { start }), told(story, 'web', ['database'])];
  const { kernel } = makeKernel(plugins, { startTimeoutMs: 20 });
  assert.equal(wordsOf(await failureOf(() => kernel.start())), [
    'KERNEL_START_TIMEOUT',
    '"database" did not start within 0.02 s (web → database).',
    'Its log lines above say more; "startTimeoutMs" in the configuration gives it longer.',
  ]);
  assert.is(signal?.aborted, true);
  assert.is(story.at(-1), 'stop database');
});

test('a ready that fails or hangs stops everything', async () => {
  const story: string[] = [];
  const plugins = [
    told(story, 'data'),
    told(story, 'web', ['data'], { ready: fail('Port taken') }),
  ];
  const { kernel } = makeKernel(plugins);
  story.length = 0;
  assert.equal(wordsOf(await failureOf(() => kernel.start())), [
    'KERNEL_READY_FAILED',
    '"web" failed to become ready: Port taken.',
    'Its log lines above say more; "zlh doctor" checks the machine.',
  ]);
  assert.equal(story.slice(-4), ['drain web', 'drain data', 'stop web', 'stop data']);

  const hangs = makeKernel([told([], 'web', [], { ready: forEver })], { startTimeoutMs: 20 });
  assert.equal(wordsOf(await failureOf(() => hangs.kernel.start())), [
    'KERNEL_READY_TIMEOUT',
    '"web" did not become ready within 0.02 s.',
    'Its log lines above say more; "startTimeoutMs" in the configuration gives it longer.',
  ]);
});

test('drain and stop that throw are told, and keep nobody else from stopping', async () => {
  const story: string[] = [];
  const { kernel, lines } = makeKernel([
    told(story, 'data'),
    told(story, 'web', ['data'], { drain: fail('drain!'), stop: fail('stop!') }),
  ]);
  await kernel.start();
  story.length = 0;
  const failures = await kernel.stop();
  assert.equal(failures.map(wordsOf), [
    [
      'KERNEL_DRAIN_FAILED',
      '"web" failed to drain: drain!.',
      'Its log lines above say more; "zlh doctor" checks the machine.',
    ],
    [
      'KERNEL_STOP_FAILED',
      '"web" failed to stop: stop!.',
      'Its log lines above say more; "zlh doctor" checks the machine.',
    ],
  ]);
  assert.equal(story, ['drain web', 'drain data', 'stop web', 'stop data']);
  assert.equal(
    lines.filter(({ level }) => level === 'error').map(({ code }) => code),
    ['KERNEL_DRAIN_FAILED', 'KERNEL_STOP_FAILED'],
  );
});

test('drain and stop that hang are left behind', async () => {
  const story: string[] = [];
  const { kernel } = makeKernel(
    [told(story, 'data'), told(story, 'web', ['data'], { drain: forEver, stop: forEver })],
    { stopTimeoutMs: 20 },
  );
  await kernel.start();
  assert.equal((await kernel.stop()).map(wordsOf), [
    [
      'KERNEL_DRAIN_TIMEOUT',
      '"web" did not drain within 0.02 s.',
      'It was left behind and the others were stopped; "stopTimeoutMs" gives it longer.',
    ],
    [
      'KERNEL_STOP_TIMEOUT',
      '"web" did not stop within 0.02 s.',
      'It was left behind and the others were stopped; "stopTimeoutMs" gives it longer.',
    ],
  ]);
  assert.is(story.at(-1), 'stop data');
});

test("services are disposed after their plugin's stop, and failures are answered", async () => {
  const story: string[] = [];
  const pool = asFunction(() => ({}))
    .singleton()
    .disposer(() => {
      story.push('dispose');
      throw new Error('busy');
    });
  const { kernel } = makeKernel([
    definePlugin({
      id: 'data',
      services: { pool },
      start: (use) => void use.pool,
      stop: () => void story.push('stop'),
    }),
  ]);
  await kernel.start();
  assert.is((await kernel.stop())[0]?.code, 'KERNEL_DISPOSE_FAILED');
  assert.equal(story, ['stop', 'dispose']);
});

test("told to stop while a plugin starts, it tells the plugin's signal and waits", async () => {
  const story: string[] = [];
  const start = async ({ signal }: { signal: AbortSignal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await setImmediate();
    story.push('database gave up');
    throw new Error('aborted');
  };
  const { kernel } = makeKernel([
    told(story, 'data'),
    told(story, 'database', ['data'], { start }),
    told(story, 'web', ['database']),
  ]);
  story.length = 0;
  const started = failureOf(() => kernel.start());
  await setImmediate();
  assert.equal(await kernel.stop(), []);
  assert.equal(wordsOf(await started), [
    'KERNEL_STOPPED',
    'It was told to stop while it was starting.',
    'Start it again.',
  ]);
  assert.equal(story, [
    'start data',
    'start database',
    'database gave up',
    'drain data',
    'stop database',
    'stop data',
  ]);
});

test('told to stop while a plugin starts and will not end, it stops all the same', async () => {
  const story: string[] = [];
  const { kernel } = makeKernel(
    [told(story, 'data'), told(story, 'web', ['data'], { start: forEver })],
    { stopTimeoutMs: 20, startTimeoutMs: 200 },
  );
  const started = failureOf(() => kernel.start());
  await setImmediate();
  await kernel.stop();
  assert.equal(story.slice(-2), ['stop web', 'stop data']);
  assert.is(wordsOf(await started)[0], 'KERNEL_STOPPED');
});

test('told to stop before it starts, it never starts', async () => {
  const story: string[] = [];
  const { kernel } = makeKernel([told(story, 'web')]);
  await kernel.stop();
  assert.is(wordsOf(await failureOf(() => kernel.start()))[0], 'KERNEL_STOPPED');
  assert.equal(story, ['setup web']);
});

const goOn = (...ids: readonly string[]) => ({
  installed: Object.fromEntries(ids.map((id) => [id, { onFailure: 'continue' as const }])),
});

test('onFailure continue: the host goes on without the plugin and those that need it', async () => {
  const story: string[] = [];
  const adds: Steps = { setup: ({ add }) => add(Words, 'mine') };
  const { kernel, lines } = makeKernel(
    [
      told(story, 'data'),
      told(story, 'billing', ['data'], { ...adds, start: fail('no key') }),
      told(story, 'invoices', ['billing'], adds),
      told(story, 'web', ['billing?'], adds),
    ],
    goOn('billing', 'invoices'),
  );
  story.length = 0;
  await kernel.start();
  assert.equal(story, [
    'start data',
    'start billing',
    'stop billing',
    'start web',
    'ready data',
    'ready web',
  ]);
  assert.equal(kernel.contributions(Words), [{ plugin: 'web', value: 'mine' }]);
  assert.equal(Object.fromEntries(kernel.report().map(({ id, state }) => [id, state])), {
    data: 'started',
    billing: 'failed',
    invoices: 'failed',
    web: 'started',
  });
  assert.is(
    lines.at(-1)?.msg,
    '"billing" failed to start (invoices → billing): no key. Going on without billing, invoices.',
  );
  story.length = 0;
  assert.equal(await kernel.stop(), []);
  assert.equal(story, ['drain web', 'drain data', 'stop web', 'stop data']);
});

test('onFailure continue: an optional need of a failed plugin reads as undefined', async () => {
  let seen: unknown = 'nothing';
  const web = definePlugin({
    id: 'web',
    needs: { billing: optional(token<string>('billing')) },
    start: ({ billing }) => void (seen = billing),
  });
  const { kernel } = makeKernel(
    [told([], 'billing', [], { start: fail('no key') }), web],
    goOn('billing'),
  );
  await kernel.start();
  assert.is(seen, undefined);
  await kernel.stop();
});

test('onFailure continue: a start that was interrupted is not one to go on without', async () => {
  const start = ({ signal }: { signal: AbortSignal }) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('aborted'))),
    );
  const { kernel, lines } = makeKernel([told([], 'billing', [], { start })], goOn('billing'));
  const started = failureOf(() => kernel.start());
  await setImmediate();
  await kernel.stop();
  assert.is(wordsOf(await started)[0], 'KERNEL_STOPPED');
  assert.equal(lines, []);
});

test('onFailure continue: nobody that must not be missing is left out', async () => {
  const { kernel } = makeKernel(
    [told([], 'billing', [], { start: fail('no key') }), told([], 'web', ['billing'])],
    goOn('billing'),
  );
  assert.is(
    wordsOf(await failureOf(() => kernel.start()))[1],
    '"billing" failed to start (web → billing): no key.',
  );
});

test('onFailure continue: a failed ready also fells who has an optional hold of it', async () => {
  const story: string[] = [];
  const plugins = () => [
    told(story, 'billing', [], { ready: fail('port') }),
    told(story, 'web', ['billing?']),
  ];
  const strict = makeKernel(plugins(), goOn('billing'));
  assert.is(wordsOf(await failureOf(() => strict.kernel.start()))[0], 'KERNEL_READY_FAILED');
  story.length = 0;
  const { kernel } = makeKernel(plugins(), goOn('billing', 'web'));
  story.length = 0;
  await kernel.start();
  assert.equal(story, ['start billing', 'start web', 'ready billing', 'stop web', 'stop billing']);
  assert.equal(await kernel.stop(), []);
});

test('onFailure continue: a setup that fails leaves its dependents out before theirs', async () => {
  const story: string[] = [];
  const { kernel } = makeKernel(
    [
      told(story, 'billing', [], {
        setup({ add }) {
          add(Words, 'half');
          throw new Error('broken');
        },
      }),
      told(story, 'invoices', ['billing']),
      told(story, 'web'),
    ],
    goOn('billing', 'invoices'),
  );
  await kernel.start();
  assert.equal(story, ['setup billing', 'setup web', 'start web', 'ready web']);
  assert.equal(kernel.contributions(Words), []);
  await kernel.stop();
});

test('onFailure continue: a plugin that needs two failed ones is given up once', async () => {
  const story: string[] = [];
  const { kernel, lines } = makeKernel(
    [
      told(story, 'a', [], { start: fail('no') }),
      told(story, 'b', [], { start: fail('no') }),
      told(story, 'both', ['a', 'b']),
    ],
    goOn('a', 'b', 'both'),
  );
  await kernel.start();
  await kernel.stop();
  assert.equal(
    story.filter((line) => line.startsWith('stop')),
    ['stop a', 'stop b'],
  );
  assert.match(lines.at(-1)?.msg ?? '', /Going on without b\.$/);
});

test('no service can be had before the start, after the stop, or from nobody', async () => {
  const { kernel } = makeKernel([told([], 'clock')]);
  const notRunning = [
    'KERNEL_NOT_RUNNING',
    '"clock" cannot be used: its plugin "clock" is not running.',
    'Use it after "clock" has started and before it stops.',
  ];
  assert.equal(wordsOf(await failureOf(() => kernel.use(token('clock')))), notRunning);
  await kernel.start();
  assert.is(kernel.use(token('clock')), 'clock');
  assert.equal(wordsOf(await failureOf(() => kernel.use(token('other')))), [
    'KERNEL_NOT_PROVIDED',
    'No enabled plugin provides "other".',
    'Enable a plugin that provides it.',
  ]);
  await kernel.stop();
  assert.equal(wordsOf(await failureOf(() => kernel.use(token('clock')))), notRunning);
});

test('the report tells needs, tokens, services, contributions and settings', () => {
  const plugin = definePlugin({
    id: 'web',
    config: Type.Object({ port: Type.Integer({ default: 1, description: 'Port.' }) }),
    needs: { words: Words, clock: optional(token('clock')) },
    services: { server: asValue(1) },
    provides: { server: token<number>('http') },
    setup: ({ add }) => add(Words, 'a'),
  });
  const { kernel } = makeKernel([plugin]);
  assert.equal(kernel.report(), [
    {
      id: 'web',
      name: '@zlh/web',
      version: '1.0.0',
      state: 'configured',
      needs: ['words[]', 'clock?'],
      provides: ['http'],
      services: ['server'],
      adds: { words: 1 },
      settings: [{ key: 'port', value: 1, variable: 'ZLH_WEB_PORT', description: 'Port.' }],
    },
  ]);
});

test.run();
