/** Promises of API keys: shown once, narrowed by scopes, never more than their user or the key that made them. */
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import database from '@zlh/database/platform';
import { Database } from '@zlh/database';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import accounts from './platform.ts';
import { administrator, register, testSettings, withKey } from './testing/index.ts';

let kernel: TestKernel;
test.before(async () => {
  kernel = await startTestKernel({
    plugins: [database, http, accounts],
    config: { ...testSettings, accounts: { ...testSettings.accounts, keysPerUser: 5 } },
  });
});
test.after(() => kernel.stop());

const sql = (statement: string, values: unknown[] = []) =>
  kernel.use(Database).fork().execute(statement, values);
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

test('a key is answered once, listed without its secret, and revoked at once', async () => {
  const { client } = await register(kernel);
  const made = await client.post('/api/api-keys', {
    name: 'bot',
    scopes: ['accounts.keys'],
    expiresAt: inAnHour(),
  });
  assert.is(made.status, 201);
  assert.match(made.body.secret, /^zlh_[0-9a-f]{32}_[\w-]{43}$/);
  assert.ok(made.body.secret.startsWith(made.body.prefix));
  assert.equal(Object.keys(made.body).sort(), [
    'createdAt',
    'expiresAt',
    'id',
    'lastUsedAt',
    'name',
    'prefix',
    'scopes',
    'secret',
  ]);
  const bot = new TestClient(kernel, { authorization: `Bearer ${made.body.secret}` });
  assert.is((await bot.get('/api/auth/me')).status, 200);
  const { body } = await client.get('/api/api-keys');
  assert.is(body.items.length, 1);
  assert.not.ok(JSON.stringify(body).includes(made.body.secret.split('_').slice(2).join('_')));
  assert.ok(body.items[0].lastUsedAt !== null);
  assert.is((await client.delete(`/api/api-keys/${made.body.id}`)).status, 204);
  const after = await bot.get('/api/auth/me');
  assert.is(after.status, 401);
  assert.match(after.body.detail, 'mistyped, revoked or expired');
  assert.is((await client.delete(`/api/api-keys/${made.body.id}`)).status, 404);
});

test('a key that expired is refused, and still listed', async () => {
  const person = await register(kernel);
  const key = await withKey(kernel, person, ['*']);
  await sql(`update accounts_api_key set expires_at = now() - interval '1 second' where id = ?`, [
    key.keyId,
  ]);
  assert.is((await key.get('/api/auth/me')).status, 401);
  assert.is((await person.client.get('/api/api-keys')).body.items.length, 1);
});

test('a key with one changed letter is refused', async () => {
  const key = await withKey(kernel, await register(kernel), ['*']);
  const right = key.headers['authorization']!;
  for (const wrong of [
    right.slice(0, -1) + (right.endsWith('A') ? 'E' : 'A'),
    `${right}x`,
    right.toUpperCase(),
    'Bearer zlh_',
    'Bearer',
    'Basic YTpi',
  ]) {
    assert.is(
      (await new TestClient(kernel, { authorization: wrong }).get('/api/auth/me')).status,
      401,
      wrong,
    );
  }
});

test('a key without the scope is refused, and told which one it needs', async () => {
  const person = await register(kernel);
  await sql('delete from accounts_api_key');
  const key = await withKey(kernel, await administrator(kernel), ['accounts.audit']);
  const { status, body } = await key.get('/api/api-keys');
  assert.is(status, 403);
  assert.match(body.detail, '"accounts.keys"');
  assert.is((await key.get('/api/audit')).status, 200);
  assert.is((await person.client.get('/api/api-keys')).status, 200);
});

test('a key never does more than its user: "*" of a user is not an administrator', async () => {
  const key = await withKey(kernel, await register(kernel), ['*']);
  assert.is((await key.get('/api/users')).status, 403);
  assert.equal((await key.get('/api/auth/me')).body.permissions, ['accounts.keys']);
});

test('a user cannot even ask for a scope of administrators', async () => {
  const { client } = await register(kernel);
  const { status, body } = await client.post('/api/api-keys', {
    name: 'x',
    scopes: ['accounts.keys', 'accounts.audit', 'no.such'],
  });
  assert.is(status, 422);
  assert.equal(
    body.errors.map(({ path }: { path: string }) => path),
    ['/scopes/1', '/scopes/2'],
  );
});

test('a key makes only keys that can do no more, and live no longer, than itself', async () => {
  const person = await administrator(kernel);
  await sql('delete from accounts_api_key');
  const made = await person.client.post('/api/api-keys', {
    name: 'maker',
    scopes: ['accounts.keys'],
    expiresAt: inAnHour(),
  });
  const maker = new TestClient(kernel, { authorization: `Bearer ${made.body.secret}` });
  const path = async (body: object) =>
    (await maker.post('/api/api-keys', { name: 'x', ...body })).body.errors?.[0].path;
  assert.is(await path({ scopes: ['*'], expiresAt: made.body.expiresAt }), '/scopes/0');
  assert.is(await path({ scopes: ['accounts.*'], expiresAt: made.body.expiresAt }), '/scopes/0');
  assert.is(await path({ scopes: ['accounts.keys'] }), '/expiresAt');
  assert.is(
    await path({
      scopes: ['accounts.keys'],
      expiresAt: new Date(Date.now() + 7_200_000).toISOString(),
    }),
    '/expiresAt',
  );
  assert.is(
    await path({ scopes: ['accounts.keys'], expiresAt: '2020-01-01T00:00:00Z' }),
    '/expiresAt',
  );
  assert.is(await path({ scopes: ['accounts.keys'], expiresAt: made.body.expiresAt }), undefined);
});

test('no key changes the password or sees the sessions', async () => {
  const key = await withKey(kernel, await register(kernel), ['*']);
  assert.is(
    (await key.post('/api/auth/password', { current: 'anything', password: 'another long one' }))
      .status,
    403,
  );
  assert.is((await key.get('/api/auth/sessions')).status, 403);
  assert.is((await key.delete('/api/auth/sessions')).status, 403);
});

test('a key of somebody else can be neither seen nor revoked', async () => {
  const owner = await register(kernel);
  const { keyId } = await withKey(kernel, owner, ['*']);
  for (const { client } of [await register(kernel), await administrator(kernel)]) {
    assert.is((await client.delete(`/api/api-keys/${keyId}`)).status, 404);
    assert.not.ok(JSON.stringify((await client.get('/api/api-keys')).body).includes(keyId));
  }
});

test('asking for many keys at once never gives more than allowed', async () => {
  const { client } = await register(kernel);
  const answers = await Promise.all(
    Array.from({ length: 9 }, () => client.post('/api/api-keys', { name: 'x', scopes: ['*'] })),
  );
  assert.is(answers.filter(({ status }) => status === 201).length, 5);
  assert.is(answers.find(({ status }) => status !== 201)!.body.code, 'accounts.too-many-keys');
});

test('a key beats a cookie, so that a page cannot send both to get past the check of its origin', async () => {
  const { client } = await register(kernel);
  const answer = await client.post(
    '/api/api-keys',
    { name: 'x', scopes: ['*'] },
    { authorization: 'Bearer nonsense', origin: 'https://evil.example.org' },
  );
  assert.is(answer.status, 401);
});

test.run();
