/** Notifications reach whoever listens, and a broken or silent connection is noticed and told. */
import { EventEmitter, once } from 'node:events';
import { mock } from 'node:test';
import type { Logger } from '@zlh/kernel';
import { startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Database, Notifications } from './index.ts';
import { PostgresNotifications } from './notifications.ts';
import database from './platform.ts';

let kernel: TestKernel;
test.before(async () => {
  kernel = await startTestKernel({ plugins: [database], logLevel: 'silent' });
});
test.after(() => kernel.stop());

/** A listener whose next notification or loss can be waited for. */
function ear() {
  const events = new EventEmitter();
  return {
    listener: {
      heard: (payload: string) => events.emit('heard', payload),
      missed: () => events.emit('missed'),
    },
    next: async (what: 'heard' | 'missed') => (await once(events, what))[0] as string,
  };
}
const notify = (channel: string, payload: string) =>
  kernel.use(Database).fork().execute('select pg_notify(?, ?)', [channel, payload]);

test('a notification is heard after its commit, by its channel alone', async () => {
  const [one, other] = [ear(), ear()];
  await kernel.use(Notifications).listen('zlh_one', one.listener);
  await kernel.use(Notifications).listen('zlh_other', other.listener);
  const heard = one.next('heard');
  let early: string | undefined;
  void other.next('heard').then((payload) => (early = payload));
  await kernel.use(Database).transaction(async (em) => {
    await em.execute(`select pg_notify('zlh_one', 'first')`);
    await kernel.use(Database).fork().execute('select 1');
  });
  assert.is(await heard, 'first');
  assert.is(early, undefined);
  const second = other.next('heard');
  await notify('zlh_other', 'second');
  assert.is(await second, 'second');
});

test('a listener that stopped hears nothing, and a name that is none is refused', async () => {
  const [one, two] = [ear(), ear()];
  const stop = await kernel.use(Notifications).listen('zlh_stopped', one.listener);
  await kernel.use(Notifications).listen('zlh_stopped', two.listener);
  void one.next('heard').then(() => assert.unreachable());
  stop();
  const heard = two.next('heard');
  await notify('zlh_stopped', 'x');
  assert.is(await heard, 'x');
  await kernel
    .use(Notifications)
    .listen('a; drop table b', one.listener)
    .then(
      () => assert.unreachable(),
      (error: Error) => assert.instance(error, TypeError),
    );
});

test('a listener whose connection broke learns so, and hears again', async () => {
  const one = ear();
  await kernel.use(Notifications).listen('zlh_broken', one.listener);
  const missed = one.next('missed');
  await kernel
    .use(Database)
    .fork()
    .execute(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'zlh % notifications'`,
    );
  await missed;
  const heard = one.next('heard');
  await notify('zlh_broken', 'again');
  assert.is(await heard, 'again');
});

test('a server that no longer answers is replaced by another connection', async () => {
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const clients: SilentClient[] = [];
  const notifications = new PostgresNotifications({
    database: {
      connect: async () => {
        const client = new SilentClient();
        clients.push(client);
        return client as never;
      },
    },
    log: { warn() {}, debug() {} } as unknown as Logger,
    signal: new AbortController().signal,
  });
  const one = ear();
  await notifications.listen('zlh_silent', one.listener);
  const missed = one.next('missed');
  clients[0]!.silent = true;
  mock.timers.tick(5000);
  mock.timers.tick(5000);
  await missed;
  assert.is(clients.length, 2);
  assert.ok(clients[0]!.asked.includes('select 1'));
  assert.is(clients[1]!.asked[0], 'listen zlh_silent');
  await notifications.close();
  mock.timers.reset();
});

class SilentClient extends EventEmitter {
  readonly asked: string[] = [];
  silent = false;

  query(text: string): Promise<void> {
    this.asked.push(text);
    return this.silent
      ? new Promise((_, reject) => this.once('end', () => reject(new Error('ended'))))
      : Promise.resolve();
  }

  async end(): Promise<void> {
    this.emit('end');
  }
}

test.run();
