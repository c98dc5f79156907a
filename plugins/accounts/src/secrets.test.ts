/** Promises about secrets: passwords are hashed as argon2id, and nothing secret is ever logged. */
import { startTestKernel } from '@zlh/kernel/testing';
import { definePlugin } from '@zlh/kernel';
import database from '@zlh/database/platform';
import { defineRoute, Routes } from '@zlh/http';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Passwords } from './passwords.ts';
import { covers } from './permissions.ts';
import accounts from './platform.ts';
import { settings, type Settings } from './settings.ts';
import { register, testPassword, testSettings } from './testing/index.ts';
import { normaliseEmail } from './users.ts';
import { Value } from 'typebox/value';

const config = {
  ...(Value.Default(settings, {}) as Settings),
  ...testSettings.accounts,
} as Settings;

test('a password fits its own hash, and no other does', async () => {
  const passwords = new Passwords({ config });
  const hash = await passwords.hash('correct horse battery');
  assert.match(hash, /^\$argon2id\$v=19\$m=7168,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.is(await passwords.verify('correct horse battery', hash), true);
  assert.is(await passwords.verify('Correct horse battery', hash), false);
  assert.is(await passwords.verify('', hash), false);
  assert.is(await passwords.verify('correct horse battery', null), false);
  assert.is(await passwords.verify('correct horse battery', 'damaged'), false);
  assert.is.not(await passwords.hash('correct horse battery'), hash, 'every hash has its own salt');
});

test('a composed letter is the same however a keyboard writes it', async () => {
  const passwords = new Passwords({ config });
  assert.is(
    await passwords.verify(
      'caf\u0065\u0301 in the rain',
      await passwords.hash('caf\u00e9 in the rain'),
    ),
    true,
  );
});

test('old hashes still fit after the cost was raised, and are seen as outdated', async () => {
  const before = new Passwords({ config });
  const after = new Passwords({ config: { ...config, hashPasses: 2 } });
  const hash = await before.hash('correct horse battery');
  assert.is(await after.verify('correct horse battery', hash), true);
  assert.equal([before.isOutdated(hash), after.isOutdated(hash)], [false, true]);
});

test('a crowd waits for its turn, and beyond that is sent away instead of taking memory', async () => {
  const passwords = new Passwords({ config: { ...config, hashesAtOnce: 1 } });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 103 }, (_, i) => passwords.hash(`password ${i}`)),
  );
  const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  assert.is(refused.length, 2);
  assert.is((refused[0]!.reason as { code: string }).code, 'accounts.busy');
  assert.ok((await passwords.hash('and it goes on')).startsWith('$argon2id$'));
});

test('scopes cover what they name, what their plugin has, or everything, and never by half a word', () => {
  assert.ok(covers(['instances.read'], 'instances.read'));
  assert.ok(covers(['instances.*'], 'instances.read'));
  assert.ok(covers(['*'], 'instances.read'));
  assert.not.ok(covers(['instances.*'], 'instances-extra.read'));
  assert.not.ok(covers(['instances.read'], 'instances.reading'));
  assert.not.ok(covers([], 'instances.read'));
});

test('addresses differ in nothing but what people see', () => {
  assert.is(normaliseEmail(' Ada@Example.ORG '), 'ada@example.org');
});

test('nothing secret reaches the log, even at its most talkative and when things break', async () => {
  const written: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (text: string) => written.push(text) > 0;
  try {
    const breaks = definePlugin({
      id: 'breaks',
      setup: ({ add }) =>
        add(Routes, [
          defineRoute({
            method: 'POST',
            url: '/api/breaks',
            summary: 'Breaks',
            access: 'signed-in',
            schema: { body: Type.Unknown() },
            handler() {
              throw new Error('it broke');
            },
          }),
        ]),
    });
    const kernel = await startTestKernel({
      plugins: [database, http, accounts, breaks],
      config: testSettings,
      logLevel: 'trace',
    });
    const person = await register(kernel);
    const key = await person.client.post('/api/api-keys', { name: 'x', scopes: ['*'] });
    const bot = new TestClient(kernel, { authorization: `Bearer ${key.body.secret}` });
    assert.is((await bot.post('/api/breaks', { password: testPassword })).status, 500);
    await person.client.post('/api/breaks', { token: testPassword });
    await person.client.post('/api/auth/login', {
      email: person.user.email,
      password: 'a wrong password',
    });
    await kernel.stop();
    const log = written.join('');
    assert.match(log, 'it broke');
    const cookie = person.client.cookie!.split('=')[1]!;
    for (const secret of [
      testPassword,
      'a wrong password',
      cookie,
      key.body.secret,
      key.body.secret.split('_').slice(2).join('_'),
    ]) {
      assert.not.ok(log.includes(secret), `the log holds ${secret}`);
    }
  } finally {
    process.stderr.write = write;
  }
});

test('behind https the cookie is for https alone', async () => {
  const kernel = await startTestKernel({
    plugins: [database, http, accounts],
    config: {
      ...testSettings,
      http: { ...testSettings.http, publicUrl: 'https://panel.example.org' },
    },
  });
  const credentials = { email: 'a@example.org', password: testPassword };
  const client = new TestClient(kernel);
  const { headers } = await client.post('/api/auth/register', credentials);
  assert.match(
    headers.get('set-cookie')!,
    /^__Host-zlh_session=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
  );
  assert.is((await client.get('/api/auth/me')).status, 200);
  const plain = client.cookie!.replace('__Host-', '');
  const former = new TestClient(kernel, { cookie: plain });
  assert.is((await former.get('/api/auth/me')).status, 401, 'a plain name counts for nothing');
  const again = await former.post('/api/auth/login', credentials);
  assert.match(again.headers.get('set-cookie')!, /, zlh_session=; Path=\/; Max-Age=0;/);
  assert.is(
    (await client.get('/api/auth/me')).status,
    401,
    'what the plain cookie opened has ended',
  );
  await kernel.stop();
});

test.run();
