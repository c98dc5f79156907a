/**
 * A right that one process takes away ends what stands open at another process of the same database, at
 * once.
 */
import { once } from 'node:events';
import { newId, Database } from '@zlh/database';
import database from '@zlh/database/platform';
import { addressOf } from '@zlh/database/testing';
import { defineSocket, Http, problems, Revocations, Routes } from '@zlh/http';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { Type } from 'typebox';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { Grants } from './index.ts';
import accounts from './platform.ts';
import { administrator, register, testPassword, testSettings, withKey } from './testing/index.ts';

const secretKey = 'a key that both processes know of';
let first: TestKernel;
let second: TestKernel;
let admin: TestClient;

/** A socket for those with whom a thing was shared, and one for everybody who is signed in. */
const things = definePlugin({
  id: 'things',
  needs: { database: Database, grants: Grants },
  setup({ add }) {
    add(Routes, (use) => [
      defineSocket({
        url: '/api/things/:id/socket',
        summary: 'Socket',
        access: 'signed-in',
        schema: { params: Type.Object({ id: Type.String({ format: 'uuid' }) }) },
        async before({ params: { id }, identity }) {
          if ((await use.grants.roleOn(use.database.fork(), id, identity.id)) === null)
            throw problems.notFound('thing');
        },
        open: () => undefined,
      }),
      defineSocket({
        url: '/api/socket',
        summary: 'Socket',
        access: 'signed-in',
        open: () => undefined,
      }),
    ]);
  },
});

/** Nobody is asked again on time's account. */
const settings = { ...testSettings, http: { ...testSettings.http, recheckSeconds: 3600 } };

test.before(async () => {
  const plugins = [database, http, accounts, things];
  first = await startTestKernel({
    plugins,
    config: { ...settings, database: { secretKey } },
    logLevel: 'fatal',
  });
  second = await startTestKernel({
    plugins,
    config: { ...settings, database: { secretKey, url: addressOf(first) } },
    logLevel: 'fatal',
  });
  admin = (await administrator(first)).client;
});
test.after(async () => {
  await second.stop();
  await first.stop();
});

async function open({ cookie, headers }: TestClient, path = '/api/socket', at = second) {
  const { url } = at.use(Http);
  const socket = new WebSocket(url.replace('http', 'ws') + path, {
    headers: { ...headers, ...(cookie === null ? {} : { cookie, origin: url }) },
  });
  await once(socket, 'open');
  const closed = once(socket, 'close').then(([code, reason]) => `${code} ${String(reason)}`);
  return { socket, closed };
}
const signedOut = '1008 You are not signed in any more.';
const hidden = '1008 You may not see this any more.';

const shared = (email: string) => {
  const id = newId();
  return first
    .use(Database)
    .transaction((em) => first.use(Grants).give(em, id, email, 'viewer'))
    .then(() => id);
};

test('a session that is ended at one process is ended at the other', async () => {
  const { user, client } = await register(first);
  const { closed } = await open(client);
  const elsewhere = new TestClient(first);
  await elsewhere.post('/api/auth/login', { email: user.email, password: testPassword });
  const kept = await open(elsewhere);
  assert.is((await client.post('/api/auth/logout')).status, 204);
  assert.is(await closed, signedOut);
  assert.is(kept.socket.readyState, WebSocket.OPEN, 'the other session of the user goes on');
  await elsewhere.delete('/api/auth/sessions');
  assert.is(await kept.closed, signedOut);
});

test('a revoked key ends its sockets, and the user keeps theirs', async () => {
  const person = await register(first);
  const key = await withKey(first, person, ['*']);
  const { closed } = await open(key);
  const own = await open(person.client);
  assert.is((await person.client.delete(`/api/api-keys/${key.keyId}`)).status, 204);
  assert.is(await closed, signedOut);
  assert.is(own.socket.readyState, WebSocket.OPEN);
  own.socket.terminate();
});

test('a withdrawn grant, and a grant on a deleted instance, end their sockets', async () => {
  const { user, client } = await register(first);
  for (const end of [
    (id: string) =>
      first.use(Database).transaction((em) => first.use(Grants).takeBack(em, id, user.id)),
    (id: string) => first.use(Database).transaction((em) => first.use(Grants).forget(em, id)),
  ]) {
    const id = await shared(user.email);
    const { closed } = await open(client, `/api/things/${id}/socket`);
    await end(id);
    assert.is(await closed, hidden);
  }
});

test('a new password, a disabled and a deleted account end everything', async () => {
  for (const end of [
    ({ client }: Awaited<ReturnType<typeof register>>) =>
      client.post('/api/auth/password', { current: testPassword, password: 'another long one' }),
    ({ user }: Awaited<ReturnType<typeof register>>) => admin.post(`/api/users/${user.id}/disable`),
    ({ user }: Awaited<ReturnType<typeof register>>) => admin.delete(`/api/users/${user.id}`),
    ({ user }: Awaited<ReturnType<typeof register>>) =>
      admin.post(`/api/users/${user.id}/password`, { password: 'another long one' }),
  ]) {
    const person = await register(first);
    const { closed } = await open(person.client);
    assert.ok((await end(person)).status < 300);
    assert.is(await closed, signedOut);
  }
});

test('a transaction that fails revokes nothing, and notifies nobody', async () => {
  const { user, client } = await register(first);
  const id = await shared(user.email);
  const { socket } = await open(client, `/api/things/${id}/socket`);
  const heard: (string | null)[] = [];
  const stop = second.use(Revocations).subscribe(({ id: subject }) => heard.push(subject));
  await first
    .use(Database)
    .transaction(async (em) => {
      await first.use(Grants).takeBack(em, id, user.id);
      throw new Error('rolled back');
    })
    .catch(() => undefined); // as meant
  const told = Promise.withResolvers<void>();
  const stopWaiting = second.use(Revocations).subscribe(() => told.resolve());
  await first.use(Database).transaction((em) => first.use(Grants).forget(em, newId()));
  await told.promise;
  stop();
  stopWaiting();
  assert.not.ok(heard.includes(user.id));
  assert.is(socket.readyState, WebSocket.OPEN);
  socket.terminate();
});

test('after a process could not hear, it asks everybody again', async () => {
  const { user, client } = await register(first);
  const { closed } = await open(client);
  const em = first.use(Database).fork();
  await em.execute('delete from accounts_session where user_id = ?', [user.id]);
  await em.execute(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'zlh % notifications'`,
  );
  assert.is(await closed, signedOut);
});

test.run();
