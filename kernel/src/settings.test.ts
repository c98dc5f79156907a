/**
 * Settings: file, environment, secrets and defaults, and every fault with the place it came from.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type, type TObject, type TProperties } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsOf } from '../test/coded.ts';
import { definePlugin } from './plugin.ts';
import { secret } from './secrets.ts';
import { parseSettings, variableOf } from './settings.ts';

type Values = Readonly<Record<string, unknown>>;

function parse(
  properties: TProperties | TObject,
  fromFile: Values,
  environment: Readonly<Record<string, string>> = {},
  id = 'web-server',
) {
  const config = ('~kind' in properties ? properties : Type.Object(properties)) as TObject;
  const plugin = definePlugin({ id, config });
  const parsed = parseSettings('@x/web', plugin, fromFile, environment, [id, 'web-server-extra']);
  return {
    values: parsed.values,
    faults: parsed.faults.map(wordsOf),
    printed: Object.fromEntries(parsed.report.map(({ key, value }) => [key, value])),
    report: parsed.report,
  };
}

const port = Type.Integer({ default: 4000, maximum: 65_535, description: 'Port to listen on.' });
const unset = '(configuration file)';

test('what nobody sets has its default, nested objects included', () => {
  const limits = Type.Object({ perMinute: Type.Integer({ default: 60 }) }, { default: {} });
  const { values, faults } = parse({ port, limits, label: Type.Optional(Type.String()) }, {});
  assert.equal([values, faults], [{ port: 4000, limits: { perMinute: 60 } }, []]);
});

test('a default inside a nested object is filled in when the rest of the object is given', () => {
  const limits = Type.Object({ perMinute: Type.Integer({ default: 60 }), burst: Type.Integer() });
  const { values, faults } = parse({ limits }, { limits: { burst: 5 } });
  assert.equal([values, faults], [{ limits: { perMinute: 60, burst: 5 } }, []]);
});

test('the environment wins over the file, read as the schema wants it', () => {
  const schema = {
    port,
    keepRunning: Type.Boolean(),
    label: Type.String(),
    hosts: Type.Array(Type.String()),
    mode: Type.Union([Type.Literal('fast'), Type.Literal('safe')]),
  };
  const { values, faults } = parse(
    schema,
    { port: 1, keepRunning: false, label: 'file', hosts: [], mode: 'safe' },
    {
      ZLH_WEB_SERVER_PORT: '5000',
      ZLH_WEB_SERVER_KEEP_RUNNING: 'true',
      ZLH_WEB_SERVER_LABEL: '42',
      ZLH_WEB_SERVER_HOSTS: '["a","b"]',
      ZLH_WEB_SERVER_MODE: 'fast',
    },
  );
  assert.equal(faults, []);
  assert.equal(values, {
    port: 5000,
    keepRunning: true,
    label: '42',
    hosts: ['a', 'b'],
    mode: 'fast',
  });
});

test('a wrong setting says what it must be, where it came from and what it means', () => {
  assert.equal(parse({ port }, { port: 'many' }).faults, [
    [
      'KERNEL_WRONG_SETTING',
      'The setting "port" of "@x/web" must be integer (configuration file).',
      'Correct it there. It means: Port to listen on.',
    ],
  ]);
  assert.equal(parse({ port }, {}, { ZLH_WEB_SERVER_PORT: '70000' }).faults, [
    [
      'KERNEL_WRONG_SETTING',
      'The setting "port" of "@x/web" must be <= 65535 (environment variable ZLH_WEB_SERVER_PORT).',
      'Correct it there. It means: Port to listen on.',
    ],
  ]);
});

test('text that breaks a rule of text is told so, though it could be read as a number', () => {
  const { faults } = parse(
    { key: Type.String({ minLength: 3 }) },
    {},
    { ZLH_WEB_SERVER_KEY: '12' },
  );
  assert.is(
    faults[0]?.[1],
    'The setting "key" of "@x/web" must not have fewer than 3 characters ' +
      '(environment variable ZLH_WEB_SERVER_KEY).',
  );
});

test('choices are listed, wherever they stand', () => {
  const mode = Type.Union([Type.Literal('fast'), Type.Literal('safe')]);
  const schema = {
    mode,
    color: Type.Enum(['red', 'blue']),
    exact: Type.Literal(7),
    list: Type.Array(Type.Object({ mode })),
    store: Type.Union([
      Type.Object({ kind: Type.Literal('folder') }),
      Type.Object({ kind: Type.Literal('bucket'), name: Type.String() }),
    ]),
    name: Type.Union([Type.String(), Type.Null()]),
  };
  const wrong = { mode: 'slow', color: 'green', exact: 8, list: [{ mode: 'slow' }], name: 5 };
  assert.equal(
    parse(schema, { ...wrong, store: { kind: 'bucket', name: 5 } }).faults.map(([, text]) => text),
    [
      `The setting "mode" of "@x/web" must be one of "fast", "safe" ${unset}.`,
      `The setting "color" of "@x/web" must be one of "red", "blue" ${unset}.`,
      `The setting "exact" of "@x/web" must be 7 ${unset}.`,
      `The setting "list.0.mode" of "@x/web" must be one of "fast", "safe" ${unset}.`,
      'The setting "store" of "@x/web" must be one of ' +
        `object with kind "folder", object with kind "bucket" ${unset}.`,
      `The setting "name" of "@x/web" must be one of string, null ${unset}.`,
    ],
  );
});

test('what is required and not set says where it can be set', () => {
  const url = Type.String({ description: 'Where it is.' });
  assert.equal(parse({ url }, {}).faults, [
    [
      'KERNEL_MISSING_SETTING',
      'The setting "url" of "@x/web" is required and not set.',
      'Set it in the configuration file, or by ZLH_WEB_SERVER_URL. It means: Where it is.',
    ],
  ]);
  const nested = parse({ store: Type.Object({ url }) }, { store: {} });
  assert.is(nested.faults[0]?.[1], 'The setting "store.url" of "@x/web" is required and not set.');
});

test('unknown settings are refused in the file, in nested objects and in the environment', () => {
  const schema = { port, store: Type.Object({ url: Type.String() }) };
  const file = { prot: 1, store: { url: 'a', rul: 'b' } };
  assert.equal(parse(schema, file, { ZLH_WEB_SERVER_PROT: '1' }).faults, [
    [
      'KERNEL_UNKNOWN_SETTING',
      '"@x/web" has no setting "prot" (configuration file).',
      'There are: port, store.',
    ],
    [
      'KERNEL_UNKNOWN_SETTING',
      '"@x/web" has no setting "ZLH_WEB_SERVER_PROT" (environment).',
      'There are: ZLH_WEB_SERVER_PORT, ZLH_WEB_SERVER_STORE.',
    ],
    [
      'KERNEL_UNKNOWN_SETTING',
      '"@x/web" has no setting "store.rul" (configuration file).',
      'There are: url.',
    ],
  ]);
  assert.equal(parse({}, { a: 1 }).faults[0]?.[2], 'There is none to set: remove it.');
});

test('an unknown key in one form of a union makes it none of them', () => {
  const folder = Type.Object({ kind: Type.Literal('folder') });
  const { faults } = parse(
    { store: Type.Union([folder, Type.Null()]) },
    { store: { kind: 'folder', extra: 1 } },
  );
  assert.is(
    faults[0]?.[1],
    `The setting "store" of "@x/web" must be one of object with kind "folder", null ${unset}.`,
  );
});

test('unknown keys are refused in arrays and records too, unless the schema allows them', () => {
  const item = Type.Object({ a: Type.Optional(Type.String()) });
  const schema = {
    list: Type.Array(item),
    record: Type.Record(Type.String(), item),
    open: Type.Object({}, { additionalProperties: true }),
  };
  const { faults } = parse(schema, { list: [{ b: 1 }], record: { x: { b: 1 } }, open: { b: 1 } });
  assert.equal(
    faults.map(([, text]) => text),
    [
      '"@x/web" has no setting "list.0.b" (configuration file).',
      '"@x/web" has no setting "record.x.b" (configuration file).',
    ],
  );
});

test('all faults are reported, however many', () => {
  const keys = Array.from({ length: 30 }, (_, index) => `key${index}`);
  const schema = Object.fromEntries(keys.map((key) => [key, Type.Integer()]));
  const { faults } = parse(schema, Object.fromEntries(keys.map((key) => [key, 'text'])));
  assert.is(faults.length, 30);
});

test('a variable of a plugin with a longer id is not taken for ours', () => {
  assert.equal(parse({ port }, {}, { ZLH_WEB_SERVER_EXTRA_PORT: '1' }).faults, []);
});

test('a secret comes from its variable or its file, at any depth', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'zlh-')), 'key');
  writeFileSync(file, 'from the file\n');
  const store = Type.Object({ keys: Type.Array(Type.String()) });
  const { values, faults } = parse(
    { password: Type.String(), store },
    { password: secret('PASSWORD'), store: { keys: [secret('KEY'), 'plain'] } },
    { PASSWORD: 'from the variable', KEY_FILE: file },
  );
  assert.equal(faults, []);
  assert.equal(values, {
    password: 'from the variable',
    store: { keys: ['from the file', 'plain'] },
  });
});

test('a missing secret is one fault, not two', () => {
  const password = Type.String({ minLength: 20 });
  assert.equal(parse({ password }, { password: secret('PASSWORD') }).faults, [
    [
      'KERNEL_MISSING_SECRET',
      'The secret "PASSWORD" for the setting "password" of "@x/web" is not set.',
      'Set the variable PASSWORD, or PASSWORD_FILE to the path of a file that holds it.',
    ],
  ]);
});

test('a secret whose file cannot be read says why', () => {
  const [fault] = parse(
    { password: Type.String() },
    { password: secret('PASSWORD') },
    { PASSWORD_FILE: '/nowhere/key' },
  ).faults;
  assert.equal(fault, [
    'KERNEL_UNREADABLE_SECRET',
    'The secret for the setting "password" of "@x/web" cannot be read: ' +
      "ENOENT: no such file or directory, open '/nowhere/key'.",
    'Correct PASSWORD_FILE, or let this user read "/nowhere/key".',
  ]);
});

test('a missing secret does not matter when the environment sets the setting', () => {
  const { values, faults, printed } = parse(
    { password: Type.String() },
    { password: secret('PASSWORD') },
    { ZLH_WEB_SERVER_PASSWORD: 'direct' },
  );
  assert.equal([values, faults, printed], [{ password: 'direct' }, [], { password: '••••••' }]);
});

test('a setting that holds a secret in the file stays masked when the environment sets it', () => {
  const { printed } = parse(
    { store: Type.Object({ key: Type.String() }) },
    { store: { key: secret('KEY') } },
    { KEY: 'k', ZLH_WEB_SERVER_STORE: '{"key":"other"}' },
  );
  assert.equal(printed, { store: '••••••' });
});

test('what secret() or the schema calls secret is masked in print, at any depth', () => {
  const hidden = Type.String({ secret: true });
  const { printed, report } = parse(
    {
      port,
      password: hidden,
      store: Type.Object({ url: Type.String(), key: hidden }),
      accounts: Type.Array(Type.Object({ name: Type.String(), key: hidden })),
      either: Type.Union([Type.Object({ key: hidden }), Type.Null()]),
      byName: Type.Record(Type.String(), hidden),
      list: Type.Array(Type.String()),
      none: Type.Optional(hidden),
    },
    {
      password: 'p',
      store: { url: 'u', key: 'k' },
      accounts: [{ name: 'n', key: 'k' }],
      either: { key: 'k' },
      byName: { a: 'k' },
      list: [secret('KEY'), 'plain'],
    },
    { KEY: 'k' },
  );
  const mask = '••••••';
  assert.equal(printed, {
    port: 4000,
    password: mask,
    store: { url: 'u', key: mask },
    accounts: [{ name: 'n', key: mask }],
    either: { key: mask },
    byName: { a: mask },
    list: [mask, 'plain'],
    none: undefined,
  });
  assert.equal(report[0], {
    key: 'port',
    value: 4000,
    variable: 'ZLH_WEB_SERVER_PORT',
    description: 'Port to listen on.',
  });
});

test('no fault repeats a value, which might be a secret', () => {
  const { faults } = parse(
    { password: Type.Integer({ secret: true }), mode: Type.Enum(['a']) },
    { password: 'hunter2', mode: 'hunter2' },
  );
  assert.is(faults.length, 2);
  assert.not.match(JSON.stringify(faults), 'hunter2');
});

test('the configuration itself is never changed', () => {
  const fromFile = { store: {} };
  const store = Type.Object({ url: Type.String({ default: 'a' }) });
  assert.equal(parse({ store }, fromFile).values, { store: { url: 'a' } });
  assert.equal(fromFile, { store: {} });
});

test('a unit of memory is one word of the variable', () => {
  assert.is(variableOf('mods', 'uploadMiBPerInstance'), 'ZLH_MODS_UPLOAD_MIB_PER_INSTANCE');
  assert.is(variableOf('accounts', 'hashMemoryKiB'), 'ZLH_ACCOUNTS_HASH_MEMORY_KIB');
});

test.run();
