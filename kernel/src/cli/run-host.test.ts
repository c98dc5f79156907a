/** `zlh start` in a real process: how it is told to end, and what it answers. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { configuration, declare, makeFolder, packageFiles } from '../../test/packages.ts';
import { runZlh, startZlh, type Running } from '../../test/zlh.ts';

/** Does in each phase what its setting of that name says, and says so. */
const acts = declare(`
  id: 'acts',
  config: { type: 'object', properties: {
    start: { type: 'string', default: '' },
    ready: { type: 'string', default: '' },
    stop: { type: 'string', default: '' },
  } },
  async start({ config, signal }) { say('start'); await act(config.start, signal); },
  async ready({ config, signal }) { await act(config.ready, signal); },
  async drain() { say('drain'); },
  async stop({ config, signal }) { say('stop'); await act(config.stop, signal); say('stopped'); },
`);
const actions = `
  const say = (word) => process.stderr.write('acts: ' + word + '\\n');
  async function act(what, signal) {
    if (what === 'throw') throw new Error('Port 4000 is taken.');
    if (what === 'hang') await new Promise(() => {});
    if (what === 'wait') await new Promise((resolve) => signal.addEventListener('abort', resolve));
    if (what === 'slow') await new Promise((resolve) => setTimeout(resolve, 50));
    if (what === 'late-throw') setTimeout(() => { throw new Error('nobody caught it'); });
    if (what === 'late-reject') setTimeout(() => Promise.reject(new Error('nobody caught it')));
    if (what === 'leave-open') setInterval(() => {}, 1e6);
    if (what === 'stall') {
      setTimeout(() => say('still stopping'), 1_100);
      await new Promise(() => {});
    }
  }
`;
const plugins = { acts: {} };
const folder = makeFolder({
  'config/platform.ts': configuration(plugins),
  'config/agent.ts': configuration(plugins),
  'impatient.mjs': configuration(plugins, { startTimeoutMs: 50, stopTimeoutMs: 50 }),
  'empty.mjs': configuration({}),
  ...packageFiles('acts', `${actions}${acts}`, {
    exports: { './platform': './platform.js', './agent': './platform.js' },
  }),
});

let homes = 0;
function start(
  settings: Readonly<Record<string, string>> = {},
  ...args: readonly string[]
): Running {
  const variables = Object.entries(settings).map(([key, value]) => [`ZLH_ACTS_${key}`, value]);
  const environment = {
    ZLH_LOG_FORMAT: 'text',
    ZLH_HOME: `home-${++homes}`,
    npm_lifecycle_event: '', // the tests' own
  };
  const words = args.length === 0 ? ['start'] : args;
  return startZlh(folder, words, { ...environment, ...Object.fromEntries(variables) });
}
const ready = ({ printed }: Running) => printed('every plugin is ready');
const steps = (text: string) => [...text.matchAll(/^acts: (.*)$/gm)].map(([, step]) => step);
const graceful = ['start', 'drain', 'stop', 'stopped'];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} stops gracefully, and that is no failure`, async () => {
    const host = start();
    await ready(host);
    host.child.kill(signal);
    const { code, stdout, stderr } = await host.ended;
    assert.equal([code, steps(stderr)], [0, graceful]);
    assert.match(stdout, `kernel         ${signal}: stopping; once more ends it at once\n`);
  });
}

test('the agent is the same with its own configuration', async () => {
  const host = start({}, 'agent');
  await ready(host);
  host.child.kill('SIGTERM');
  assert.is((await host.ended).code, 0);
  assert.ok(existsSync(join(folder, `home-${homes}`, 'agent.pid')));
});

test('a host without plugins runs until it is told to end', async () => {
  const host = start({}, 'start', '--config', 'empty.mjs');
  await ready(host);
  host.child.kill('SIGTERM');
  assert.is((await host.ended).code, 0);
});

test('what a plugin leaves open does not keep the host from ending', async () => {
  const host = start({ STOP: 'leave-open' });
  await ready(host);
  host.child.kill('SIGTERM');
  assert.is((await host.ended).code, 0);
});

test('the echo of a signal, from the terminal and from npm, is not a second signal', async () => {
  const host = start({ STOP: 'slow' });
  await ready(host);
  host.child.kill('SIGINT');
  await host.printed('acts: stop\n');
  host.child.kill('SIGINT');
  const { code, stderr } = await host.ended;
  assert.equal([code, steps(stderr)], [0, graceful]);
});

test('a second signal ends a host that does not come to its end', async () => {
  const host = start({ STOP: 'stall' });
  await ready(host);
  host.child.kill('SIGINT');
  await host.printed('still stopping');
  host.child.kill('SIGINT');
  const { code, stdout, stderr } = await host.ended;
  assert.equal([code, steps(stderr)], [130, ['start', 'drain', 'stop', 'still stopping']]);
  assert.match(stdout, 'SIGINT again: ending at once');
});

test('an echo that npm passes on late does not cut a stop short', async () => {
  const host = startZlh(folder, ['start'], {
    ZLH_LOG_FORMAT: 'text',
    ZLH_LOG_LEVEL: 'debug',
    ZLH_HOME: `home-${++homes}`,
    ZLH_ACTS_STOP: 'stall',
    npm_lifecycle_event: 'start',
  });
  await ready(host);
  host.child.kill('SIGINT');
  await host.printed('still stopping');
  host.child.kill('SIGINT');
  await host.printed('SIGINT passed on by npm');
  host.child.kill('SIGINT');
  const { code, stdout } = await host.ended;
  assert.is(code, 130);
  assert.match(stdout, 'SIGINT again: ending at once');
});

test('told to end while it starts, it ends without a fault', async () => {
  const host = start({ START: 'wait' });
  await host.printed('acts: start');
  host.child.kill('SIGINT');
  const { code, stderr } = await host.ended;
  assert.equal([code, stderr], [0, 'acts: start\nacts: drain\nacts: stop\nacts: stopped\n']);
});

test('told to end while a start hangs, it ends all the same', async () => {
  const host = start({ START: 'hang' }, 'start', '--config', 'impatient.mjs');
  await host.printed('acts: start');
  host.child.kill('SIGINT');
  const { stderr } = await host.ended;
  assert.equal(steps(stderr), ['start', 'stop', 'stopped']);
});

test('a start that fails ends with 1, the reason last, after everything has stopped', async () => {
  const { code, stderr } = await start({ START: 'throw' }).ended;
  assert.is(code, 1);
  assert.is(
    stderr,
    'acts: start\nacts: stop\nacts: stopped\n' +
      'zlh: "acts" failed to start: Port 4000 is taken. ' +
      'Its log lines above say more; "zlh doctor" checks the machine. [KERNEL_START_FAILED]\n',
  );
});

test('a start that hangs ends with 1 after its time limit', async () => {
  const { code, stderr } = await start({ START: 'hang' }, 'start', '--config', 'impatient.mjs')
    .ended;
  assert.is(code, 1);
  assert.match(
    stderr,
    'zlh: "acts" did not start within 0.05 s. Its log lines above say more; ' +
      '"startTimeoutMs" in the configuration gives it longer. [KERNEL_START_TIMEOUT]\n',
  );
});

for (const [stop, code] of Object.entries({ throw: 'STOP_FAILED', hang: 'STOP_TIMEOUT' })) {
  test(`a stop that fails (${stop}) ends with 1 and is logged`, async () => {
    const host = start({ STOP: stop }, 'start', '--config', 'impatient.mjs');
    await ready(host);
    host.child.kill('SIGTERM');
    const ended = await host.ended;
    assert.is(ended.code, 1);
    assert.match(ended.stdout, `KERNEL_${code}`);
  });
}

for (const how of ['late-throw', 'late-reject']) {
  test(`an error that nobody caught (${how}) stops gracefully and ends with 1`, async () => {
    const { code, stdout, stderr } = await start({ READY: how }).ended;
    assert.equal([code, steps(stderr)], [1, graceful]);
    assert.match(stdout, 'An error that nobody caught: stopping. Please report it.');
    assert.match(stdout, 'Error: nobody caught it\n    at ');
  });
}

test('an error that nobody caught while stopping does not cut the stop short', async () => {
  const host = start({ STOP: 'late-throw' });
  await ready(host);
  host.child.kill('SIGTERM');
  const { code, stderr } = await host.ended;
  assert.is(code, 0, 'the stop was over before');
  assert.equal(steps(stderr), graceful);
});

test('a second platform on the same home is told so, and the first goes on', async () => {
  const first = start();
  await ready(first);
  const home = join(folder, `home-${homes}`);
  const second = await runZlh(folder, ['start', '--home', home]);
  assert.is(second.code, 1);
  assert.is(
    second.stderr,
    `zlh: Another platform (process ${first.child.pid}) is using the home "${home}". ` +
      'Stop it first, or set ZLH_HOME to another folder. [HOME_IN_USE]\n',
  );
  first.child.kill('SIGKILL');
  await first.ended;
  const third = startZlh(folder, ['start', '--home', home]);
  await ready(third);
  third.child.kill('SIGTERM');
  assert.is((await third.ended).code, 0);
});

test('a home that cannot be written is told, and ends with 1', async () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const { code, stderr } = await runZlh(folder, ['start', '--home', file]);
  assert.is(code, 1);
  assert.is(
    stderr,
    `zlh: The home "${file}" cannot be written: there is a file of that name. ` +
      'Make room or give this user write access, or set ZLH_HOME to another folder. ' +
      '[HOME_UNWRITABLE]\n',
  );
});

test('a reader of the log that goes away does not end the host', async () => {
  const host = start({ STOP: 'slow' });
  await ready(host);
  host.child.stdout.destroy();
  host.child.kill('SIGTERM');
  const { code, stderr } = await host.ended;
  assert.equal([code, steps(stderr)], [0, graceful]);
});

test.run();
