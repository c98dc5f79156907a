/** Promises of the first administrator: one link, the same from every process, that works once. */
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import database from '@zlh/database/platform';
import { Database } from '@zlh/database';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { asFunction, definePlugin, token } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import accounts from './platform.ts';
import type { Setup } from './setup.ts';
import { testPassword, testSettings } from './testing/index.ts';

const SetupOfTests = token<Setup & { readonly settings: object }>('test.setup');
/** The plugin with its inner service offered to the test. */
const opened = definePlugin({
  ...accounts,
  provides: { ...accounts.provides, opened: SetupOfTests as never },
  services: {
    ...accounts.services,
    opened: asFunction(({ setup, config }: { setup: Setup; config: object }) =>
      Object.assign(setup, { settings: config }),
    ).singleton(),
  },
});
const { adminEmail: _email, adminPassword: _password, ...bare } = testSettings.accounts;

async function withPlatform(
  settings: object,
  work: (kernel: TestKernel) => Promise<void>,
): Promise<void> {
  const kernel = await startTestKernel({
    plugins: [database, http, opened],
    config: { ...testSettings, accounts: { ...bare, ...settings } },
    logLevel: 'fatal',
  });
  try {
    await work(kernel);
  } finally {
    await kernel.stop();
  }
}
const body = (token: string, email = 'first@example.org') => ({
  email,
  password: testPassword,
  token,
});

test('the link makes one administrator, and only one, however many use it at once', () =>
  withPlatform({}, async (kernel) => {
    const setup = kernel.use(SetupOfTests);
    const token = (await setup.token())!;
    assert.is(await setup.token(), token, 'asked again, and in every process, it is the same');
    const anonymous = await new TestClient(kernel).get('/api/auth/me');
    assert.is(anonymous.status, 401);
    assert.is(anonymous.body.setupRequired, true);
    const wrong = await new TestClient(kernel).post('/api/auth/setup', body(`${token}x`));
    assert.is(wrong.status, 403);
    assert.is(wrong.body.code, 'accounts.setup-link-invalid');

    const clients = Array.from({ length: 4 }, () => new TestClient(kernel));
    const answers = await Promise.all(
      clients.map((client, i) =>
        client.post('/api/auth/setup', body(token, `admin-${i}@example.org`)),
      ),
    );
    assert.equal(answers.map(({ status }) => status).sort(), [201, 403, 403, 403]);
    const winner = clients[answers.findIndex(({ status }) => status === 201)]!;
    assert.is((await winner.get('/api/users')).body.items.length, 1);
    assert.is(await setup.token(), null);
    assert.is((await new TestClient(kernel).get('/api/auth/me')).body.setupRequired, undefined);
  }));

test('a link that could not be used, because the address is taken, still works', () =>
  withPlatform({}, async (kernel) => {
    const token = (await kernel.use(SetupOfTests).token())!;
    await new TestClient(kernel).post('/api/auth/register', {
      email: 'first@example.org',
      password: testPassword,
    });
    assert.is((await new TestClient(kernel).post('/api/auth/setup', body(token))).status, 409);
    assert.is(
      (await new TestClient(kernel).post('/api/auth/setup', body(token, 'other@example.org')))
        .status,
      201,
    );
  }));

test('the token of the link is not in the database', () =>
  withPlatform({}, async (kernel) => {
    const token = (await kernel.use(SetupOfTests).token())!;
    assert.not.ok(
      JSON.stringify(
        await kernel.use(Database).fork().execute('select * from accounts_setup'),
      ).includes(token),
    );
  }));

test('the administrator of the settings is made once; a stranger who took the address first loses it', () =>
  withPlatform({}, async (kernel) => {
    const stranger = new TestClient(kernel);
    await stranger.post('/api/auth/register', {
      email: 'host@example.org',
      password: 'the stranger chose this',
    });
    const setup = kernel.use(SetupOfTests);
    Object.assign(setup.settings, { adminEmail: 'Host@example.org', adminPassword: testPassword });
    await Promise.all([setup.fromSettings(), setup.fromSettings()]);
    assert.is((await stranger.get('/api/auth/me')).status, 401);
    const client = new TestClient(kernel);
    const { body } = await client.post('/api/auth/login', {
      email: 'host@example.org',
      password: testPassword,
    });
    assert.is(body.role, 'administrator');
    assert.is(await kernel.use(SetupOfTests).token(), null);
    Object.assign(setup.settings, { adminEmail: 'second@example.org' });
    await setup.fromSettings();
    assert.is(
      (await client.get('/api/users')).body.items.length,
      1,
      'there is an administrator: nobody else is made',
    );
  }));

test('closed registration lets nobody in but by the set-up link', () =>
  withPlatform({ registration: 'closed' }, async (kernel) => {
    const stranger = await new TestClient(kernel).get('/api/auth/me');
    assert.equal([stranger.status, stranger.body.registrationOpen], [401, false]);
    const refused = await new TestClient(kernel).post('/api/auth/register', {
      email: 'a@example.org',
      password: testPassword,
    });
    assert.is(refused.status, 403);
    assert.is(refused.body.code, 'accounts.registration-closed');
    assert.is(
      (
        await new TestClient(kernel).post(
          '/api/auth/setup',
          body((await kernel.use(SetupOfTests).token())!),
        )
      ).status,
      201,
    );
  }));

test.run();
