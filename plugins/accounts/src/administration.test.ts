/** Accounts end when their users or an administrator say so, and one who can let others in is always left. */
import { Database } from '@zlh/database';
import database from '@zlh/database/platform';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { problems } from '@zlh/http';
import { definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AccountHooks, Accounts } from './index.ts';
import accounts from './platform.ts';
import {
  administrator,
  register,
  testPassword,
  testSettings,
  withKey,
  type Person,
} from './testing/index.ts';

let kernel: TestKernel;
let admin: Person;
const owners = new Set<string>();

test.before(async () => {
  const things = definePlugin({
    id: 'things',
    setup: ({ add }) =>
      add(AccountHooks, {
        async deleting(_em, { id }) {
          if (owners.has(id)) throw problems.conflict('things.owned', 'It owns things.');
        },
      }),
  });
  kernel = await startTestKernel({
    plugins: [database, http, accounts, things],
    config: testSettings,
  });
  admin = await administrator(kernel);
});
test.after(() => kernel.stop());

const login = async (email: string, password = testPassword) => {
  const client = new TestClient(kernel);
  const { status, body } = await client.post('/api/auth/login', { email, password });
  return { client, status, code: (body as { code?: string }).code };
};
const me = async (client: TestClient) => (await client.get('/api/auth/me')).status;
const actions = async () => {
  const { body } = await admin.client.get('/api/audit?limit=1');
  const [{ action, actor, data }] = body.items;
  return { action, actor, data };
};

test('a disabled account can be used in no way, and an enabled one again', async () => {
  const person = await register(kernel);
  const key = await withKey(kernel, person, ['*']);
  const { id, email } = person.user;
  const { status, body } = await admin.client.post(`/api/users/${id}/disable`);
  assert.is(status, 200);
  assert.ok(Date.parse(body.disabledAt) > 0);
  assert.equal([await me(person.client), await me(key)], [401, 401]);
  assert.equal(await actions(), {
    action: 'accounts.user-disable',
    actor: admin.user.email,
    data: { user: email, id },
  });
  assert.is(await kernel.use(Accounts).actingFor(id, 'a schedule'), null);
  const held = kernel.use(Database).transaction((em) => kernel.use(Accounts).hold(em, id));
  assert.is(await held, false);
  const wrong = await login(email, 'a wrong password');
  assert.is(wrong.code, 'accounts.wrong-credentials', 'a stranger is not told');
  const right = await login(email);
  assert.equal([right.status, right.code], [403, 'accounts.disabled']);

  assert.is((await admin.client.post(`/api/users/${id}/enable`)).body.disabledAt, null);
  assert.equal([await me(key), (await login(email)).status], [200, 200]);
  assert.is(await me(person.client), 401, 'its sessions ended for good');
});

test('a deleted account takes its keys and grants along, and leaves its trail', async () => {
  const person = await register(kernel);
  const key = await withKey(kernel, person, ['*']);
  const { id, email } = person.user;
  owners.add(id);
  const refused = await admin.client.delete(`/api/users/${id}`);
  assert.equal([refused.status, refused.body.code], [409, 'things.owned']);
  assert.is(await me(person.client), 200, 'nothing of it has ended');
  owners.delete(id);
  assert.is((await admin.client.delete(`/api/users/${id}`)).status, 204);
  assert.equal([await me(person.client), await me(key)], [401, 401]);
  assert.is((await admin.client.delete(`/api/users/${id}`)).status, 404);
  const { body } = await admin.client.get(`/api/audit?userId=${id}`);
  assert.ok(body.items.every(({ actor }: { actor: string }) => actor === email));
  assert.ok(body.items.length > 0);
  assert.is((await register(kernel, email)).user.email, email, 'the address is free again');
});

test('a user deletes the own account with the password, and in no other way', async () => {
  const person = await register(kernel);
  const key = await withKey(kernel, person, ['*']);
  const end = (client: TestClient, password: string) =>
    client.post('/api/auth/delete-account', { password });
  assert.is((await end(key, testPassword)).status, 403);
  const wrong = await end(person.client, 'a wrong password');
  assert.equal([wrong.status, wrong.body.errors[0].path], [422, '/password']);
  owners.add(person.user.id);
  assert.is((await end(person.client, testPassword)).body.code, 'things.owned');
  owners.delete(person.user.id);
  const { cookie } = person.client;
  const done = await end(person.client, testPassword);
  assert.is(done.status, 204);
  assert.match(done.headers.get('set-cookie')!, 'Max-Age=0');
  assert.is(await me(Object.assign(new TestClient(kernel), { cookie })), 401);
  assert.is((await login(person.user.email)).code, 'accounts.wrong-credentials');
});

test('the last administrator is not demoted, disabled or deleted, and nobody disables themselves', async () => {
  const { id } = admin.user;
  const codes = async () => [
    (await admin.client.patch(`/api/users/${id}`, { role: 'user' })).body.code,
    (await admin.client.post('/api/auth/delete-account', { password: testPassword })).body.code,
    (await admin.client.post(`/api/users/${id}/disable`)).body.code,
    (await admin.client.delete(`/api/users/${id}`)).body.code,
  ];
  const last = 'accounts.last-administrator';
  const own = 'accounts.own-account';
  assert.equal(await codes(), [last, last, own, own]);

  const other = await register(kernel);
  await admin.client.patch(`/api/users/${other.user.id}`, { role: 'administrator' });
  await admin.client.post(`/api/users/${other.user.id}/disable`);
  assert.equal(await codes(), [last, last, own, own], 'one who cannot come in does not count');
  await admin.client.post(`/api/users/${other.user.id}/enable`);
  const { client } = await login(other.user.email);
  const answers = await Promise.all([
    client.post(`/api/users/${id}/disable`),
    admin.client.post(`/api/users/${other.user.id}/disable`),
  ]);
  assert.equal(
    answers.map(({ status }) => status).sort(),
    answers.some(({ status }) => status === 401) ? [200, 401] : [200, 409],
    'of two who disable each other at once one is left',
  );
  const [left, gone] = answers[0].status === 200 ? [client, id] : [admin.client, other.user.id];
  await left.post(`/api/users/${gone}/enable`);
  admin = await administrator(kernel);
});

test('a new password counts the API keys that stay valid, and revokes them on request', async () => {
  const person = await register(kernel);
  const keys = [await withKey(kernel, person, ['*']), await withKey(kernel, person, ['*'])];
  const kept = await person.client.post('/api/auth/password', {
    current: testPassword,
    password: 'the second long password',
  });
  assert.equal(kept.body.apiKeys, { kept: 2, revoked: 0 });
  assert.is(await me(keys[0]!), 200);
  const revoked = await person.client.post('/api/auth/password', {
    current: 'the second long password',
    password: 'the third long password',
    revokeApiKeys: true,
  });
  assert.equal(revoked.body.apiKeys, { kept: 0, revoked: 2 });
  assert.equal(await Promise.all(keys.map(me)), [401, 401]);
  assert.is(await me(person.client), 200);
});

test('an administrator sets a password, which ends sessions and, when asked to, API keys', async () => {
  const person = await register(kernel);
  const key = await withKey(kernel, person, ['*']);
  const path = `/api/users/${person.user.id}/password`;
  const weak = await admin.client.post(path, { password: 'aaaaaaaaaaaaaaa' });
  assert.equal([weak.status, weak.body.errors[0].path], [422, '/password']);
  const first = await admin.client.post(path, { password: 'given by the host' });
  assert.equal([first.status, first.body.apiKeys], [200, { kept: 1, revoked: 0 }]);
  assert.equal([await me(person.client), await me(key)], [401, 200]);
  const second = await admin.client.post(path, {
    password: 'given by the host again',
    revokeApiKeys: true,
  });
  assert.equal(second.body.apiKeys, { kept: 0, revoked: 1 });
  assert.is(await me(key), 401);
  assert.is((await login(person.user.email, 'given by the host again')).status, 200);
});

test('only administrators manage accounts', async () => {
  const person = await register(kernel);
  const { id } = admin.user;
  for (const answer of [
    await person.client.post(`/api/users/${id}/disable`),
    await person.client.post(`/api/users/${id}/enable`),
    await person.client.post(`/api/users/${id}/password`, { password: 'taken over by a user' }),
    await person.client.delete(`/api/users/${id}`),
  ])
    assert.is(answer.status, 403);
});

test('a password that changes during a sign-in or a new key leaves neither behind', async () => {
  const person = await register(kernel);
  const { client, user } = person;
  const [row] = await kernel
    .use(Database)
    .fork()
    .execute<{ password: string }[]>('select password from accounts_user where id = ?', [user.id]);
  // The sign-in and the new key wait for a transaction that changes the password.
  const answers = await kernel.use(Database).transaction(async (em) => {
    await em.execute('update accounts_user set password = ? where id = ?', [
      row!.password.replace('argon2id', 'argon2id-other'),
      user.id,
    ]);
    await em.execute('delete from accounts_session where user_id = ?', [user.id]);
    const waiting = [
      login(user.email).then(({ status }) => status),
      client.post('/api/api-keys', { name: 'late', scopes: ['*'] }).then(({ status }) => status),
    ];
    await untilBlocked(2);
    return waiting;
  });
  assert.equal(await Promise.all(answers), [401, 401]);
});

/** Until so many connections wait for a lock of another. */
async function untilBlocked(count: number): Promise<void> {
  for (;;) {
    const rows = await kernel
      .use(Database)
      .fork()
      .execute<unknown[]>(
        `select pid from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0`,
      );
    if (rows.length >= count) return;
  }
}

test.run();
