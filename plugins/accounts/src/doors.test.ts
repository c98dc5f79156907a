/**
 * Promises of the ways in: nobody learns who has an account, guessing is slow, and a session ends when it
 * should.
 */
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import database from '@zlh/database/platform';
import { Database } from '@zlh/database';
import { schemaDifference } from '@zlh/database/testing';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import accounts from './platform.ts';
import { hashSecret } from './secrets.ts';
import { administrator, register, testPassword, testSettings } from './testing/index.ts';

let kernel: TestKernel;
test.before(async () => {
  kernel = await startTestKernel({ plugins: [database, http, accounts], config: testSettings });
});
test.after(() => kernel.stop());

const sql = (statement: string, values: unknown[] = []) =>
  kernel.use(Database).fork().execute(statement, values);
const credentials = (email: string, password = testPassword) => ({ email, password });

test('the tables are what the entities say', async () => {
  assert.is(await schemaDifference(kernel), '');
});

test('somebody who registers is signed in, by a cookie that scripts cannot read', async () => {
  const client = new TestClient(kernel);
  const { status, headers, body } = await client.post(
    '/api/auth/register',
    credentials('New@Example.org'),
  );
  assert.is(status, 201);
  assert.equal(Object.keys(body), ['id', 'email', 'role', 'createdAt', 'disabledAt']);
  assert.is(body.email, 'new@example.org');
  assert.is(body.role, 'user');
  assert.match(
    headers.get('set-cookie')!,
    /^zlh_session=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
  );
  const me = await client.get('/api/auth/me');
  assert.is(me.status, 200);
  assert.is(me.body.user.id, body.id);
  assert.ok(Date.parse(me.body.session.expiresAt) > Date.now());
  assert.equal(me.body.permissions, ['accounts.keys']);
});

test('an address has one account, however it is written', async () => {
  await register(kernel, 'twice@example.org');
  const again = await new TestClient(kernel).post(
    '/api/auth/register',
    credentials('TWICE@example.org'),
  );
  assert.is(again.status, 409);
  assert.is(again.body.code, 'accounts.email-taken');
});

test('registering the same address at once makes one account', async () => {
  const answers = await Promise.all(
    Array.from({ length: 5 }, () =>
      new TestClient(kernel).post('/api/auth/register', credentials('race@example.org')),
    ),
  );
  assert.equal(answers.map(({ status }) => status).sort(), [201, 409, 409, 409, 409]);
});

test('a weak password is refused, and says why', async () => {
  const attempt = async (email: string, password: string) =>
    (await new TestClient(kernel).post('/api/auth/register', credentials(email, password))).body;
  assert.equal((await attempt('weak@example.org', 'short')).errors[0].path, '/password');
  assert.match(
    (await attempt('weak@example.org', 'weak@example.org')).detail,
    'must not be your e-mail address',
  );
  assert.match(
    (await attempt('weak@example.org', 'aaaaaaaaaaaaaaa')).detail,
    'repeats too few characters',
  );
  assert.is((await attempt('weak@example.org', 'x'.repeat(1001))).status, 422);
});

test('a wrong password and an unknown address get the same answer', async () => {
  await register(kernel, 'known@example.org');
  const answer = async (email: string) => {
    const { status, body } = await new TestClient(kernel).post(
      '/api/auth/login',
      credentials(email, 'not the password'),
    );
    const { requestId: _requestId, ...rest } = body;
    return { status, ...rest };
  };
  const wrong = await answer('known@example.org');
  assert.is(wrong.status, 401);
  assert.is(wrong.code, 'accounts.wrong-credentials');
  assert.equal(await answer('unknown@example.org'), wrong);
});

test('signing in gives a new session and ends the one the browser had', async () => {
  const { client, user } = await register(kernel);
  const old = client.cookie!;
  assert.is((await client.post('/api/auth/login', credentials(user.email))).status, 200);
  assert.is.not(client.cookie, old);
  assert.is((await new TestClient(kernel, { cookie: old }).get('/api/auth/me')).status, 401);
  assert.is((await client.get('/api/auth/me')).status, 200);
});

test('signing out ends the session for whoever still has the cookie, and may be repeated', async () => {
  const { client } = await register(kernel);
  const cookie = client.cookie!;
  assert.is((await client.post('/api/auth/logout')).status, 204);
  assert.is(client.cookie, null);
  assert.is((await new TestClient(kernel, { cookie }).get('/api/auth/me')).status, 401);
  assert.is((await client.post('/api/auth/logout')).status, 204);
});

test('a cookie that another page put before or behind the own one locks nobody out', async () => {
  const { client, user } = await register(kernel);
  const own = client.cookie!;
  const wrong = [`zlh_session=${'x'.repeat(43)}`, 'zlh_session=', 'zlh_session=%00', 'zlh_session'];
  for (const shadow of wrong) {
    for (const cookie of [`${shadow}; ${own}`, `${own}; ${shadow}`]) {
      const { status, body } = await new TestClient(kernel, { cookie }).get('/api/auth/me');
      assert.equal([status, body.user?.id], [200, user.id], cookie);
    }
  }
  const many = Array.from({ length: 200 }, (_, i) => `zlh_session=${String(i).padStart(43, 'y')}`);
  const cookie = [...many, own].join('; ');
  assert.is((await new TestClient(kernel, { cookie }).get('/api/auth/me')).status, 200);
});

test('signing out ends every session that the browser has a cookie of', async () => {
  const [one, two] = [await register(kernel), await register(kernel)];
  const cookie = `${one.client.cookie}; ${two.client.cookie}`;
  assert.is((await new TestClient(kernel, { cookie }).post('/api/auth/logout')).status, 204);
  for (const { client } of [one, two]) assert.is((await client.get('/api/auth/me')).status, 401);
});

test('an administrator makes an account, which its owner signs in to', async () => {
  const admin = await administrator(kernel);
  const given = credentials('Invited@example.org');
  const made = await admin.client.post('/api/users', given);
  assert.equal(
    [made.status, made.body.email, made.body.role],
    [201, 'invited@example.org', 'user'],
  );
  const client = new TestClient(kernel);
  assert.is((await client.post('/api/auth/login', given)).status, 200);
  assert.is((await client.post('/api/users', credentials('x@example.org'))).status, 403);
  assert.is((await admin.client.post('/api/users', given)).body.code, 'accounts.email-taken');
  const { items } = (await admin.client.get('/api/audit')).body;
  const entry = items.find(({ action }: { action: string }) => action === 'accounts.create');
  assert.is(entry.data.user, 'invited@example.org');
});

test('one can sign out in one other place, and everywhere', async () => {
  const { client, user } = await register(kernel);
  const other = new TestClient(kernel);
  await other.post('/api/auth/login', credentials(user.email));
  const { body } = await client.get('/api/auth/sessions');
  assert.is(body.items.length, 2);
  const me = await other.get('/api/auth/me');
  const stranger = await register(kernel);
  assert.is((await stranger.client.delete(`/api/auth/sessions/${me.body.session.id}`)).status, 404);
  assert.is((await client.delete(`/api/auth/sessions/${me.body.session.id}`)).status, 204);
  assert.is((await other.get('/api/auth/me')).status, 401);
  await other.post('/api/auth/login', credentials(user.email));
  assert.is((await client.delete('/api/auth/sessions')).status, 204);
  assert.is((await other.get('/api/auth/me')).status, 401);
});

test('a changed password ends the other sessions and keeps this browser in', async () => {
  const { client, user } = await register(kernel);
  const other = new TestClient(kernel);
  await other.post('/api/auth/login', credentials(user.email));
  const wrong = await client.post('/api/auth/password', {
    current: 'guessed guessed',
    password: 'another long one',
  });
  assert.is(wrong.status, 422);
  assert.is(wrong.body.errors[0].path, '/current');
  assert.is(
    (
      await client.post('/api/auth/password', {
        current: testPassword,
        password: 'another long one',
      })
    ).status,
    200,
  );
  assert.is((await client.get('/api/auth/me')).status, 200);
  assert.is((await other.get('/api/auth/me')).status, 401);
  assert.is((await other.post('/api/auth/login', credentials(user.email))).status, 401);
  assert.is(
    (await other.post('/api/auth/login', credentials(user.email, 'another long one'))).status,
    200,
  );
});

test('a session ends when it was not used, and when its time is over', async () => {
  for (const change of [
    `last_seen_at = now() - interval '8 days'`,
    `expires_at = now() - interval '1 second'`,
  ]) {
    const { client, user } = await register(kernel);
    await sql(`update accounts_session set ${change} where user_id = ?`, [user.id]);
    assert.is((await client.get('/api/auth/me')).status, 401, change);
  }
});

test('using a session keeps it alive, written at most once a minute', async () => {
  const { client, user } = await register(kernel);
  const seen = async () =>
    (
      (await sql('select last_seen_at from accounts_session where user_id = ?', [user.id])) as {
        last_seen_at: Date;
      }[]
    )[0]!.last_seen_at;
  const first = await seen();
  await client.get('/api/auth/me');
  assert.equal(await seen(), first);
  await sql(
    `update accounts_session set last_seen_at = now() - interval '2 minutes' where user_id = ?`,
    [user.id],
  );
  await client.get('/api/auth/me');
  assert.ok(Date.parse(String(await seen())) >= Date.parse(String(first)));
});

test('guessing one account from one address is stopped, even with many tries at once, and the right password is not tried any more', async () => {
  const { user } = await register(kernel);
  const guesses = await Promise.all(
    Array.from({ length: 15 }, () =>
      new TestClient(kernel).post('/api/auth/login', credentials(user.email, 'a wrong password')),
    ),
  );
  assert.is(guesses.filter(({ status }) => status === 401).length, 10);
  const late = await new TestClient(kernel).post('/api/auth/login', credentials(user.email));
  assert.is(late.status, 429);
  assert.is(late.body.code, 'accounts.too-many-attempts');
  assert.ok(Number(late.headers.get('retry-after')) > 600);
  await sql('delete from accounts_attempt');
});

test('a clock that was put back by an hour keeps nobody out for an hour', async () => {
  const { user } = await register(kernel);
  await sql(
    `insert into accounts_attempt (key, count, since) values (?, 1000, now() + interval '1 hour')`,
    [hashSecret(`pair ${user.email} 127.0.0.1`)],
  );
  const { status } = await new TestClient(kernel).post('/api/auth/login', credentials(user.email));
  assert.is(status, 200);
  await sql('delete from accounts_attempt');
});

test('an unknown address is slowed down just the same', async () => {
  const guesses = await Promise.all(
    Array.from({ length: 12 }, () =>
      new TestClient(kernel).post(
        '/api/auth/login',
        credentials('nobody@example.org', 'a wrong password'),
      ),
    ),
  );
  assert.is(guesses.filter(({ status }) => status === 429).length, 2);
  await sql('delete from accounts_attempt');
});

test('signing in rightly is never slowed down', async () => {
  const { user } = await register(kernel);
  for (let i = 0; i < 12; i++)
    assert.is(
      (await new TestClient(kernel).post('/api/auth/login', credentials(user.email))).status,
      200,
    );
});

test('guesses from elsewhere do not lock a user out where they have signed in before', async () => {
  const { user } = await register(kernel);
  const login = async () =>
    (await new TestClient(kernel).post('/api/auth/login', credentials(user.email))).status;
  for (const key of [`account ${user.email}`, 'address 127.0.0.1'])
    await sql(
      `insert into accounts_attempt (key, count, since) values (?, 1000, now())
       on conflict (key) do update set count = 1000`,
      [hashSecret(key)],
    );
  assert.is(await login(), 200);
  await sql('delete from accounts_audit where user_id = ?', [user.id]);
  assert.is(await login(), 429);
  await sql('delete from accounts_attempt');
});

test('a page of another site cannot sign anybody in or out', async () => {
  const { client, user } = await register(kernel);
  const foreign = { origin: 'https://evil.example.org' };
  assert.is(
    (await client.post('/api/auth/logout', undefined, foreign)).body.code,
    'http.foreign-origin',
  );
  assert.is(
    (await new TestClient(kernel).post('/api/auth/login', credentials(user.email), foreign)).status,
    403,
  );
  assert.is((await client.get('/api/auth/me')).status, 200);
  assert.is((await client.post('/api/auth/logout', undefined, { origin: client.url })).status, 204);
});

test('no password, cookie or key is in the database as it is', async () => {
  const { client, user } = await register(kernel);
  const key = await client.post('/api/api-keys', { name: 'x', scopes: ['*'] });
  const rows = JSON.stringify([
    await sql('select * from accounts_user where id = ?', [user.id]),
    await sql('select * from accounts_session where user_id = ?', [user.id]),
    await sql('select * from accounts_api_key where user_id = ?', [user.id]),
    await sql('select * from accounts_audit'),
  ]);
  for (const secret of [
    testPassword,
    client.cookie!.split('=')[1]!,
    key.body.secret.split('_').slice(2).join('_'),
  ])
    assert.not.ok(rows.includes(secret));
  assert.match(rows, '$argon2id$v=19$m=7168,t=1,p=1$');
});

test('what people did is in the audit trail, for administrators', async () => {
  const { user, client } = await register(kernel);
  const { client: admin } = await administrator(kernel);
  const { body } = await admin.get(`/api/audit?userId=${user.id}`);
  assert.equal(
    body.items.map((entry: { action: string; actor: string }) => [entry.action, entry.actor]),
    [['accounts.register', user.email]],
  );
  assert.is((await client.get('/api/audit')).status, 403);
});

test('an administrator can make another, and the last one stays one', async () => {
  const { client, user } = await administrator(kernel);
  const other = await register(kernel);
  const role = (id: string, wanted: string, by = client) =>
    by.send('PATCH', `/api/users/${id}`, { role: wanted });
  assert.is((await role(user.id, 'user')).body.code, 'accounts.last-administrator');
  assert.is((await role(other.user.id, 'administrator')).body.role, 'administrator');
  assert.is((await other.client.get('/api/users')).status, 200, 'at once, in the same session');
  const both = await Promise.all([
    role(user.id, 'user', other.client),
    role(other.user.id, 'user', client),
  ]);
  assert.is(both.filter(({ status }) => status === 200).length, 1, 'one of two at once');
  await sql(`update accounts_user set role = 'administrator' where id = ?`, [user.id]);
  await sql(`update accounts_user set role = 'user' where id = ?`, [other.user.id]);
  assert.is((await role('01980000-0000-7000-8000-000000000000', 'user')).status, 404);
});

test('administrators list users in pages', async () => {
  const { client } = await administrator(kernel);
  const seen: string[] = [];
  let path: string | null = '/api/users?limit=3';
  while (path !== null) {
    const { body } = await client.get(path);
    seen.push(...body.items.map(({ email }: { email: string }) => email));
    path = body.nextCursor === null ? null : `/api/users?limit=3&cursor=${body.nextCursor}`;
  }
  const [all] = (await sql('select count(*)::int as count from accounts_user')) as {
    count: number;
  }[];
  assert.is(new Set(seen).size, all!.count);
  assert.is(seen.length, all!.count);
});

test.run();
