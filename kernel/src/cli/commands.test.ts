/** The commands that only look: help, version, inspect, doctor, and those that plugins add. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { configuration, declare, makeFolder, packageFiles } from '../../test/packages.ts';
import { runZlh, startZlh } from '../../test/zlh.ts';
import { kernelVersion } from './version.ts';

const integer = `{
  '~kind': 'Integer', type: 'integer', default: 4000, description: 'Port to listen on.',
}`;
const web = declare(`
  id: 'web',
  config: { '~kind': 'Object', type: 'object', required: ['port'],
    properties: { port: ${integer}, key: { type: 'string', secret: true } } },
  needs: { clock: { kind: 'token', id: 'clock' } },
  setup({ add }) {
    const Commands = { kind: 'point', id: 'kernel.commands' };
    const Checks = { kind: 'point', id: 'kernel.checks' };
    add(Commands, {
      name: 'say', summary: 'says one word',
      run({ args, print }) { print('say ' + args.join(' ')); setInterval(() => {}, 1e6); },
    });
    const run = ({ args, print }) => print('it ' + args);
    add(Commands, { name: 'say it', summary: 'says it', run });
    add(Commands, {
      name: 'titles', summary: 'names the checks',
      run: ({ points, print }) =>
        print(points(Checks).map(({ plugin, value }) => plugin + ' ' + value.title).join(', ')),
    });
    add(Commands, {
      name: 'live', summary: 'needs the services', needsStart: true,
      async run({ args, print }) {
        if (args[0] === 'fail') throw new Error('It went wrong');
        print('live');
        if (args[0] === 'long') await new Promise(() => {});
      },
    });
    add(Checks, { title: 'port', run: () => ({ state: 'ok', found: 'Port is free.' }) });
    add(Checks, {
      title: 'memory',
      run: () => ({ state: 'warning', found: '1 GiB is little.', todo: 'Add some.' }),
    });
  },
  start() { process.stderr.write('started\\n'); },
  ready() { process.stderr.write('the doors are open\\n'); },
  stop() { process.stderr.write('stopped\\n'); },
`);
const clock = declare(`
  id: 'clock',
  services: { clock: { resolve: () => 1 } },
  provides: { clock: { kind: 'token', id: 'clock' } },
`);
const broken = declare(`
  id: 'broken',
  setup({ add }) {
    const Checks = { kind: 'point', id: 'kernel.checks' };
    const full = { state: 'fault', found: 'It is full.', todo: 'Delete.' };
    add(Checks, { title: 'disk', run: () => full });
    add(Checks, { title: 'odd', run() { throw new Error('It cannot be looked at.'); } });
  },
`);
const folder = makeFolder({
  'config/platform.ts': configuration({ web: { key: 'hunter2' }, clock: {} }),
  'agent.mjs': configuration({}),
  'faulty.mjs': configuration({ gone: {}, web: { prot: 1 } }),
  'broken.mjs': configuration({ broken: {} }),
  ...packageFiles('web', web),
  ...packageFiles('clock', clock),
  ...packageFiles('broken', broken),
});
const ok = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await runZlh(folder, args);
  assert.equal([code, stderr], [0, '']);
  return stdout;
};
const refused = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await runZlh(folder, args);
  assert.equal([code, stdout], [1, '']);
  return stderr;
};

test("help names the kernel's commands and those of plugins", async () => {
  const text = await ok('help');
  assert.match(text, /^zlh \d+\.\d+\.\d+ — /);
  for (const command of ['start', 'agent', 'inspect', 'doctor', 'help', 'version']) {
    assert.match(text, `  zlh ${command} `);
  }
  assert.match(text, '  zlh say                says one word\n  zlh say it             says it\n');
  assert.is(await ok(), text);
});

test('help helps when the configuration has faults', async () => {
  const text = await ok('help', '--config', 'faulty.mjs');
  assert.match(text, 'The commands of plugins are left out: "zlh doctor" says why.');
});

test("the version is the kernel's", async () => {
  assert.is(await ok('version'), `${kernelVersion}\n`);
  assert.is(await ok('-v'), `${kernelVersion}\n`);
});

test('inspect prints plugins in their order, and all they need, give and add', async () => {
  assert.is(
    await ok('inspect'),
    `2 plugins of the platform, in the order in which they start

  1. clock  (clock 2.3.4)
     provides  clock
     services  clock
  2. web  (web 2.3.4)
     needs     clock
     adds      kernel.commands ×4, kernel.checks ×2
     settings  port=4000, key="••••••"

Points
  kernel.checks                web ×2
  kernel.commands              web ×4
`,
  );
});

test('inspect --json is for programs', async () => {
  const { host, plugins, points } = JSON.parse(await ok('inspect', '--json'));
  assert.is(host, 'platform');
  assert.equal(
    plugins.map(({ id, state }: { id: string; state: string }) => `${id} ${state}`),
    ['clock configured', 'web configured'],
  );
  assert.equal(points, { 'kernel.commands': { web: 4 }, 'kernel.checks': { web: 2 } });
});

test('inspect --settings says what each setting means and where it can be set', async () => {
  assert.is(
    await ok('inspect', '--settings'),
    `web
  port = 4000
      Port to listen on.
      ZLH_WEB_PORT
  key = "••••••"
      ZLH_WEB_KEY
`,
  );
});

test('inspect of the other host reads the other configuration', async () => {
  assert.match(await ok('inspect', 'agent', '--config', 'agent.mjs'), /^0 plugins of the agent/);
  assert.is(
    await refused('inspect', 'agents'),
    'zlh: There is no host "agents". It is either "platform" or "agent". [KERNEL_UNKNOWN_HOST]\n',
  );
});

test('only looking makes no home', async () => {
  await ok('inspect');
  await ok('doctor');
  assert.not.ok(existsSync(join(folder, '.zlh')));
});

test('all faults of the configuration are in one report', async () => {
  const faulty = join(folder, 'faulty.mjs');
  assert.is(
    await refused('inspect', '--config', 'faulty.mjs'),
    'zlh: The configuration has 3 faults. Correct them and start again.\n' +
      '  - The plugin "gone" is not installed. ' +
      `Install it ("npm install gone"), or take it out of "${faulty}". [KERNEL_UNKNOWN_PLUGIN]\n` +
      '  - "web" needs "clock", and no enabled plugin provides it. ' +
      'Enable a plugin that provides "clock", or disable "web". [KERNEL_MISSING_NEED]\n' +
      '  - "web" has no setting "prot" (configuration file). ' +
      'There are: port, key. [KERNEL_UNKNOWN_SETTING]\n',
  );
});

test('a configuration that is not there is named', async () => {
  assert.is(
    await refused('inspect', '--config', 'gone.ts'),
    `zlh: There is no configuration file "${join(folder, 'gone.ts')}". ` +
      'Check the path given by --config or ZLH_CONFIG. [KERNEL_NO_CONFIGURATION]\n',
  );
});

test('an unknown command, option or log level is refused in one sentence', async () => {
  assert.is(
    await refused('catalogue', 'import', '--all'),
    'zlh: There is no command "zlh catalogue import". ' +
      '"zlh help" lists the commands. [KERNEL_UNKNOWN_COMMAND]\n',
  );
  assert.is(
    await refused('inspect', '--jsn'),
    'zlh: "zlh inspect" has no option "--jsn". ' +
      '"zlh help" lists the options. [KERNEL_UNKNOWN_OPTION]\n',
  );
  const { code, stderr } = await runZlh(folder, ['inspect'], { ZLH_LOG_LEVEL: 'loud' });
  assert.is(code, 1);
  assert.is(
    stderr,
    'zlh: ZLH_LOG_LEVEL is "loud", which it cannot be. ' +
      'Set it to one of trace, debug, info, warn, error, fatal, silent. [KERNEL_WRONG_VARIABLE]\n',
  );
});

test('doctor runs every check, and a warning is no fault', async () => {
  const text = await ok('doctor');
  assert.match(text, /^✓ node: 24\..* on /);
  assert.match(text, /\n[✓!] home: ".*\.zlh" can be written, \d+ GiB free\.\n/);
  assert.match(text, '\n✓ configuration: 2 plugins, no fault.\n✓ port: Port is free.\n');
  assert.match(text, '\n! memory: 1 GiB is little.\n    Add some.\n');
});

test('doctor tells faults, be it of configuration or home, and ends with 1', async () => {
  const checks = await runZlh(folder, ['doctor', '--config', 'broken.mjs']);
  assert.is(checks.code, 1);
  assert.match(
    checks.stdout,
    '\n✗ disk: It is full.\n    Delete.\n✗ odd: Error: It cannot be looked at.',
  );

  const faulty = await runZlh(folder, ['doctor', '--config', 'faulty.mjs']);
  assert.is(faulty.code, 1);
  assert.match(faulty.stdout, '\n✗ configuration: The configuration has 3 faults.');

  const home = join(folder, 'agent.mjs', 'home');
  const unusable = await runZlh(folder, ['doctor', '--home', home]);
  assert.is(unusable.code, 1);
  assert.match(
    unusable.stdout,
    `✗ home: The home "${home}" cannot be written: there is a file on the way to it. ` +
      'Make room or give this user write access, or set ZLH_HOME to another folder. ' +
      '[HOME_UNWRITABLE]\n',
  );
});

test("a plugin's command receives its words, and what it leaves open keeps nobody", async () => {
  assert.is(await ok('say', 'hello', '--loud', '--home', 'x'), 'say hello --loud\n');
  assert.is(await ok('say', 'it', 'twice'), 'it twice\n');
});

test('a command that starts nothing can look at what plugins have added', async () => {
  assert.is(await ok('titles'), 'web port, web memory\n');
});

test("a plugin's command that needs services runs between start and stop, and opens no door", async () => {
  const { code, stdout, stderr } = await runZlh(folder, ['live', '--home', 'live']);
  assert.equal([code, stdout, stderr], [0, 'live\n', 'started\nstopped\n']);
  assert.ok(existsSync(join(folder, 'live', 'platform.pid')));
});

test("a plugin's command that fails ends with 1 after everything has stopped", async () => {
  const { code, stderr } = await runZlh(folder, ['live', 'fail', '--home', 'live']);
  assert.is(code, 1);
  assert.match(stderr, /^started\nstopped\nzlh: Error: It went wrong\n/);
});

test("Ctrl-C in a plugin's command stops everything", async () => {
  const { child, printed, ended } = startZlh(folder, ['live', 'long', '--home', 'live']);
  await printed('live\n');
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  assert.equal([code, stderr], [130, 'started\nstopped\n']);
});

test('the reader of a pipe may go away', async () => {
  const { child, ended } = startZlh(folder, ['inspect']);
  child.stdout.destroy();
  const { code, stderr } = await ended;
  assert.equal([code, stderr], [0, '']);
});

test.run();
