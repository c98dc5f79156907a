/** Plugins are found as Node finds packages, and everything wrong with a configuration is said. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, wordsOf } from '../../test/coded.ts';
import { configuration, declare, makeFolder, packageFiles } from '../../test/packages.ts';
import type { Host } from './configuration.ts';
import { load } from './load.ts';

type Files = Readonly<Record<string, string | object>>;

async function loaded(plugins: object, files: Files, host: Host = 'platform') {
  const folder = makeFolder({ 'platform.mjs': configuration(plugins), ...files });
  const file = join(folder, 'platform.mjs');
  const { plugins: found, faults } = await load(file, host);
  return { file, found, faults: faults.map(wordsOf) };
}

const fine = declare(`id: 'fine'`);

test('a plugin comes with its version, its settings and what to do when it fails', async () => {
  const { found, faults } = await loaded(
    { '@x/fine': { port: 1, onFailure: 'continue' } },
    packageFiles('@x/fine', fine),
  );
  assert.equal(faults, []);
  const { name, version, settings, onFailure, plugin } = found[0]!;
  assert.equal([name, version, settings, onFailure], ['@x/fine', '2.3.4', { port: 1 }, 'continue']);
  assert.is(plugin.id, 'fine');
});

test('plugins keep the order of the configuration, and false leaves one out', async () => {
  const files = ['c', 'a', 'b'].map((id) => packageFiles(id, declare(`id: '${id}'`)));
  const { found } = await loaded({ c: {}, a: false, b: {} }, Object.assign({}, ...files));
  assert.equal(
    found.map(({ name }) => name),
    ['c', 'b'],
  );
});

test('a package is found in a folder further up, and through a link', async () => {
  const folder = makeFolder({
    'site/config/platform.mjs': configuration({ up: {}, linked: {} }),
    ...packageFiles('up', declare(`id: 'up'`)),
    'elsewhere/package.json': { version: '1.0.0', exports: { './platform': './main.mjs' } },
    'elsewhere/main.mjs': declare(`id: 'linked'`),
  });
  mkdirSync(join(folder, 'site/node_modules'));
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'site/node_modules/linked'));
  const { plugins, faults } = await load(join(folder, 'site/config/platform.mjs'), 'platform');
  assert.equal(faults, []);
  assert.equal(
    plugins.map(({ plugin }) => plugin.id),
    ['up', 'linked'],
  );
});

test('each host takes its own export, by the conditions of import', async () => {
  const files = {
    'node_modules/both/package.json': {
      version: '1.0.0',
      exports: {
        './platform': { require: './no.cjs', types: './no.d.ts', import: './platform.mjs' },
        './agent': { browser: './no.js', node: { default: './agent.mjs' } },
      },
    },
    'node_modules/both/platform.mjs': declare(`id: 'on-platform'`),
    'node_modules/both/agent.mjs': declare(`id: 'on-agent'`),
  };
  const idOn = async (host: Host) => (await loaded({ both: {} }, files, host)).found[0]?.plugin.id;
  assert.equal([await idOn('platform'), await idOn('agent')], ['on-platform', 'on-agent']);
});

test('a plugin that is not installed is named, with what to do', async () => {
  const { file, faults } = await loaded({ '@x/gone': {} }, {});
  assert.equal(faults, [
    [
      'KERNEL_UNKNOWN_PLUGIN',
      'The plugin "@x/gone" is not installed.',
      `Install it ("npm install @x/gone"), or take it out of "${file}".`,
    ],
  ]);
});

test('a package without the export, or with another default, is no plugin', async () => {
  const files = {
    ...packageFiles('none', fine, { exports: { '.': './platform.js' } }),
    ...packageFiles('old', fine, { exports: undefined }),
    ...packageFiles('plain', 'export default {};'),
    ...packageFiles('empty', 'export const a = 1;'),
  };
  const { faults } = await loaded({ none: {}, old: {}, plain: {}, empty: {} }, files);
  const say = (message: string) => [
    'KERNEL_NOT_A_PLUGIN',
    message,
    'Check the name in the configuration, or ask the author of the package.',
  ];
  assert.equal(faults, [
    say('"none" is no plugin of the platform: its package exports no "./platform".'),
    say('"old" is no plugin of the platform: its package exports no "./platform".'),
    say(
      '"plain" is no plugin of the platform: ' +
        'its "./platform" has no default export made by definePlugin().',
    ),
    say(
      '"empty" is no plugin of the platform: ' +
        'its "./platform" has no default export made by definePlugin().',
    ),
  ]);
});

test('a plugin made for another kernel is refused before its code runs', async () => {
  const code = 'throw new Error("it ran");';
  const peers = (range: string) => ({ peerDependencies: { '@zlh/kernel': range } });
  const { faults, found } = await loaded(
    { newer: {}, odd: {}, same: {} },
    {
      ...packageFiles('newer', code, peers('^99.0.0')),
      ...packageFiles('odd', code, peers('some day')),
      ...packageFiles('same', fine, peers('^0.1.0')),
    },
  );
  const say = (name: string, range: string) => [
    'KERNEL_INCOMPATIBLE',
    `"${name}" 2.3.4 works with @zlh/kernel ${range}, but this is 0.1.0.`,
    `Install a version of "${name}" made for @zlh/kernel 0.1.0.`,
  ];
  assert.equal(faults, [say('newer', '^99.0.0'), say('odd', 'some day')]);
  assert.is(found.length, 1);
});

test('a plugin that cannot be loaded says why', async () => {
  const { faults } = await loaded(
    { throws: {}, broken: {}, missing: {} },
    {
      ...packageFiles('throws', 'throw new Error("No glibc here.");'),
      ...packageFiles('broken', fine),
      'node_modules/broken/package.json': '{',
      ...packageFiles('missing', fine, { exports: { './platform': './gone.js' } }),
    },
  );
  assert.equal(
    faults.map(([code, , hint]) => [code, hint]),
    faults.map(() => [
      'KERNEL_LOAD_FAILED',
      'Reinstall the package, or take it out of the configuration.',
    ]),
  );
  assert.is(faults[0]?.[1], 'The plugin "throws" could not be loaded: No glibc here.');
  assert.match(faults[1]?.[1] ?? '', /^The plugin "broken" could not be loaded: .*JSON/);
  assert.match(faults[2]?.[1] ?? '', /^The plugin "missing" could not be loaded: .*gone\.js/);
});

test('all faults are found, each beside the others', async () => {
  const { faults } = await loaded(
    { gone: {}, plain: {}, wrong: 'yes', fine: { onFailure: 'ignore' } },
    { ...packageFiles('plain', 'export default 1;'), ...packageFiles('fine', fine) },
  );
  assert.equal(
    faults.map(([code]) => code),
    [
      'KERNEL_UNKNOWN_PLUGIN',
      'KERNEL_NOT_A_PLUGIN',
      'KERNEL_WRONG_CONFIGURATION',
      'KERNEL_WRONG_CONFIGURATION',
    ],
  );
  assert.match(faults[2]?.[1] ?? '', /^"wrong" must be object \(".*platform\.mjs"\)\.$/);
  assert.match(faults[3]?.[1] ?? '', /^"fine\.onFailure" must be one of "abort", "continue" /);
});

test('a configuration file with another shape is refused, with its path', async () => {
  const problemOf = async (text: string) => {
    const file = join(makeFolder({ 'agent.mjs': text }), 'agent.mjs');
    const [code, message, hint] = wordsOf(await failureOf(() => load(file, 'agent')));
    assert.is(code, 'KERNEL_WRONG_CONFIGURATION');
    assert.is(
      hint,
      'The file holds "plugins", "startTimeoutMs" and "stopTimeoutMs"; ' +
        "a plugin is false or an object of settings, with \"onFailure\" 'abort' or 'continue'.",
    );
    return message.replace(file, 'agent.mjs');
  };
  assert.is(
    await problemOf('export const plugins = {};'),
    '"default" must be object ("agent.mjs").',
  );
  assert.is(await problemOf('export default {};'), '"plugins" is missing ("agent.mjs").');
  assert.is(
    await problemOf(configuration({}, { plugin: {} })),
    '"plugin" is unknown ("agent.mjs").',
  );
  assert.is(
    await problemOf(configuration({}, { stopTimeoutMs: 0 })),
    '"stopTimeoutMs" must be >= 1 ("agent.mjs").',
  );
});

test('a configuration file that cannot be read says why', async () => {
  const file = join(makeFolder({ 'platform.mjs': 'export default {' }), 'platform.mjs');
  assert.equal(wordsOf(await failureOf(() => load(file, 'platform'))), [
    'KERNEL_CONFIGURATION_UNREADABLE',
    `The configuration file "${file}" cannot be read: Unexpected end of input.`,
    'Correct the file; its default export is an object with "plugins".',
  ]);
});

test('a third-party plugin that cannot be loaded is left out, unless it says abort', async () => {
  const hangs = 'await new Promise(() => {});';
  const plugins = { throws: {}, hangs: {}, '@x/gone': {}, fine: {}, stops: { onFailure: 'abort' } };
  const folder = makeFolder({
    'platform.mjs': `export default ${JSON.stringify({ plugins, startTimeoutMs: 200 })};`,
    ...packageFiles('throws', 'throw new Error("No glibc here.");'),
    ...packageFiles('stops', 'throw new Error("No glibc here.");'),
    ...packageFiles('hangs', `${hangs}${fine}`),
    ...packageFiles('fine', fine),
  });
  const loaded = await load(join(folder, 'platform.mjs'), 'platform');
  assert.equal(
    loaded.leftOut.map(({ name, error }) => [name, error.code]),
    [
      ['throws', 'KERNEL_LOAD_FAILED'],
      ['hangs', 'KERNEL_LOAD_FAILED'],
      ['@x/gone', 'KERNEL_UNKNOWN_PLUGIN'],
    ],
  );
  assert.match(loaded.leftOut[1]!.error.message, /its import did not end within 0.2 s/);
  assert.equal(
    loaded.faults.map(({ code }) => code),
    ['KERNEL_LOAD_FAILED'],
  );
  assert.equal(
    loaded.plugins.map(({ name, onFailure }) => [name, onFailure]),
    [['fine', 'continue']],
  );
});

test('the range of every contract package among the peers is checked', async () => {
  const { faults } = await loaded(
    { '@x/newer': {} },
    {
      ...packageFiles('@x/newer', fine, { peerDependencies: { '@zlh/http': '^9', typebox: '^9' } }),
      'node_modules/@zlh/http/package.json': { name: '@zlh/http', version: '0.1.0' },
    },
  );
  assert.equal(
    faults.map(([code, message]) => [code, message]),
    [['KERNEL_INCOMPATIBLE', '"@x/newer" 2.3.4 works with @zlh/http ^9, but this is 0.1.0.']],
  );
});

test.run();
