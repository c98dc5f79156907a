/** Promises of the `Database` service: transactions, a server that goes and comes back, several processes on one database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definePlugin } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../../test/runner/needs.ts';
import { password, startExternalServer } from '../../../test/support/postgres.ts';
import { Database, isUnreachable, Migrations, newId } from './index.ts';
import database from './platform.ts';
import { startApp } from './test/start-app.ts';
import { addressOf, schemaDifference } from './testing/index.ts';

const postgres = await needs.postgresServer();
let kernel: TestKernel;

test.before(async () => {
  kernel = await startTestKernel({ plugins: [database], logLevel: 'silent' });
  await kernel.use(Database).fork().execute('create table thing (n int primary key)');
});
test.after(() => kernel.stop());

const count = async () =>
  (
    await kernel
      .use(Database)
      .fork()
      .execute<{ n: number }[]>('select count(*)::int as n from thing')
  )[0]!.n;

test('what throws leaves nothing, what returns is kept', async () => {
  const db = kernel.use(Database);
  await db
    .transaction(async (em) => {
      await em.execute('insert into thing values (1)');
      throw new Error('no');
    })
    .then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, 'no'),
    );
  assert.is(await count(), 0);
  await db.transaction((em) => em.execute('insert into thing values (1)'));
  assert.is(await count(), 1);
});

test('many more callers than connections are all served', async () => {
  const db = kernel.use(Database);
  await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      db.transaction((em) => em.execute('insert into thing values (?)', [1000 + n])),
    ),
  );
  assert.is(await count(), 201);
});

test('a failed migration is said, names its statement, and leaves nothing of itself', async () => {
  const broken = definePlugin({
    id: 'broken',
    setup: ({ add }) =>
      add(Migrations, [
        { name: '001_broken', up: ['create table half (n int)', 'create tabel half2 (n int)'] },
      ]),
  });
  const url = addressOf(kernel);
  try {
    await startTestKernel({
      plugins: [database, broken],
      config: { database: { url } },
      logLevel: 'silent',
    });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /could not be brought up to date: .*tabel/);
  }
  assert.equal(
    await kernel.use(Database).fork().execute(`select from pg_tables where tablename = 'half'`),
    [],
  );
});

test('the vault’s migration makes the schema that its entity describes', async () => {
  assert.is(await schemaDifference(kernel), '');
});

test('ids made later sort later, and none comes twice', () => {
  const ids = Array.from({ length: 5000 }, (_, n) => newId(1_700_000_000_000 + n));
  assert.equal([...ids].sort(), ids);
  assert.is(new Set(Array.from({ length: 5000 }, () => newId(1))).size, 5000);
  assert.match(newId(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

when(postgres)(
  'processes that start on one empty database at the same instant all come up, with one vault',
  async ({ bin }) => {
    const server = await startExternalServer({ bin });
    const url = await server.database();
    const homes = [1, 2, 3].map(() => mkdtempSync(join(tmpdir(), 'zlh-')));
    try {
      const apps = await Promise.all(homes.map((home) => startApp({ home, settings: { url } })));
      assert.equal(
        apps.map(({ error }) => error),
        [undefined, undefined, undefined],
      );
      assert.is(new Set(apps.map(({ token }) => token)).size, 1);
      await Promise.all(apps.map((app) => app.stop()));
    } finally {
      await server.stop();
      for (const home of homes) rmSync(home, { recursive: true });
    }
  },
);

when(postgres)(
  'a server that crashed and came back is used again, and the process outlived it',
  async ({ bin }) => {
    const server = await startExternalServer({ bin });
    const own = await startTestKernel({
      plugins: [database],
      config: { database: { url: await server.database() } },
      logLevel: 'silent',
    });
    try {
      const db = own.use(Database);
      await db.fork().execute('create table kept (n int)');
      // As many as the pool has: none of them may be lost to it.
      const work = () =>
        db
          .transaction((em) => em.execute('select pg_sleep(60)'))
          .then(
            () => assert.unreachable(),
            (error: Error) => error,
          );
      const pending = Promise.all(Array.from({ length: 10 }, work));
      const listening = await db.connect('test');
      const lost = new Promise((resolve) => listening.on('error', resolve));
      await server.crash();
      await pending;
      await lost;
      await db
        .transaction(async () => undefined)
        .then(
          () => assert.unreachable(),
          (error: unknown) => assert.ok(isUnreachable(error)),
        );
      await db
        .fork()
        .execute('insert into kept values (1)')
        .then(
          () => assert.unreachable(),
          (error: unknown) => assert.ok(isUnreachable(error)),
        );
      await server.start();
      await db.transaction((em) => em.execute('insert into kept values (2)'));
      assert.equal(await db.fork().execute('select n from kept'), [{ n: 2 }]);
    } finally {
      await own.stop();
      await server.stop();
    }
  },
);

when(postgres)('a wrong password is said without telling it', async ({ bin }) => {
  const server = await startExternalServer({ bin });
  try {
    const url = (await server.database()).replace(encodeURIComponent(password), 'wr0ng');
    await startTestKernel({
      plugins: [database],
      config: { database: { url } },
      logLevel: 'silent',
    });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, 'password authentication failed for user "zlh"');
    assert.not.match((error as Error).message, 'wr0ng');
  } finally {
    await server.stop();
  }
});

test.run();
