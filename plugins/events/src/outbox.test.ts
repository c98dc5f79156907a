/** Promises of events: told after commit, once, in the order of commits, in every process, and whatever connection breaks. */
import { Database, type EntityManager } from '@zlh/database';
import database from '@zlh/database/platform';
import { schemaDifference } from '@zlh/database/testing';
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel, scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Events, Listeners, type DomainEvent } from './index.ts';
import events from './platform.ts';

let first: TestKernel;
/** Another process as far as events can tell: an outbox of its own on the same database. */
let second: TestKernel;
let heard: string[] = [];
/** Connections of the second wait here. */
let gate: Promise<void> = Promise.resolve();
/** The next reads of the second fail. */
let failures = 0;

test.before(async () => {
  const listener = definePlugin({
    id: 'listener',
    setup({ add }) {
      add(Listeners, () => () => {
        throw new Error('a listener of somebody else fails');
      });
      add(
        Listeners,
        () =>
          ({ data }) =>
            heard.push(String(data['n'])),
      );
    },
  });
  first = await startTestKernel({ plugins: [database, events], logLevel: 'silent' });
  const shared = first.use(Database);
  const gated: Database = {
    transaction: (work) => shared.transaction(work),
    fork() {
      if (failures-- > 0) throw new Error('the database is away');
      return shared.fork();
    },
    connect: async (name) => {
      await gate;
      return shared.connect(`second ${name}`);
    },
  };
  second = await startTestKernel({
    plugins: [events, listener],
    replace: [replacement(Database, gated)],
    logLevel: 'silent',
  });
});
test.after(async () => {
  await second.stop();
  await first.stop();
});
test.before.each(() => {
  heard = [];
  failures = 0;
});

const publish = (em: EntityManager, n: number | string) =>
  first.use(Events).publish(em, { type: 'test.happened', userId: null, data: { n } });
const tell = (n: number | string) => first.use(Database).transaction((em) => publish(em, n));
const told = (n: number | string, at = second) =>
  at.use(Events).next(({ data }) => data['n'] === n, AbortSignal.timeout(scaled(30_000)));

async function hearsUpTo(n: number): Promise<void> {
  const last = told(n);
  await tell(n);
  await last;
}

test('it is told in every process, as it was published, after the commit', async () => {
  const both = Promise.all([told('a', first), told('a')]);
  const instanceId = '0190a6f0-0000-7000-8000-000000000001';
  await first.use(Database).transaction(async (em) => {
    await first.use(Events).publish(em, {
      type: 'test.happened',
      userId: null,
      instanceId,
      data: { n: 'a', text: 'ü "\n' },
    });
    await em.execute('select pg_sleep(0.05)');
    assert.equal(heard, []);
  });
  const [here, there] = await both;
  assert.equal(here, there);
  assert.equal({ ...here, id: '', at: '' }, {
    id: '',
    at: '',
    type: 'test.happened',
    userId: null,
    instanceId,
    data: { n: 'a', text: 'ü "\n' },
  } satisfies DomainEvent);
  assert.match(here.at, /^\d{4}-\d\d-\d\dT.*Z$/);
});

test('what was rolled back is never told', async () => {
  await first
    .use(Database)
    .transaction(async (em) => {
      await publish(em, 1);
      throw new Error('rolled back');
    })
    .catch(() => undefined); // as meant
  await hearsUpTo(2);
  assert.equal(heard, ['2']);
});

test('the order is that of the commits', async () => {
  const held = Promise.withResolvers<void>();
  const published = Promise.withResolvers<void>();
  const slow = first.use(Database).transaction(async (em) => {
    await publish(em, 'slow');
    published.resolve();
    await held.promise;
  });
  await published.promise;
  await hearsUpTo(1);
  held.resolve();
  await slow;
  await hearsUpTo(2);
  assert.equal(heard, ['1', 'slow', '2']);
});

test('hundreds at once are all told, each once', async () => {
  const all = Array.from({ length: 700 }, (_, n) => n);
  await Promise.all(all.map(tell));
  await hearsUpTo(700);
  assert.is(heard.at(-1), '700');
  assert.equal(
    heard.map(Number).sort((a, b) => a - b),
    [...all, 700],
  );
});

test('what happened while the connection was broken is told when it is back, once and in its place', async () => {
  await hearsUpTo(0);
  // Took its number before the loss, and is committed after it.
  const held = Promise.withResolvers<void>();
  const published = Promise.withResolvers<void>();
  const slow = first.use(Database).transaction(async (em) => {
    await publish(em, 'slow');
    published.resolve();
    await held.promise;
  });
  await published.promise;
  await hearsUpTo(1);
  const back = Promise.withResolvers<void>();
  gate = back.promise;
  const { rowCount } = await terminate('second events');
  assert.is(rowCount, 1);
  await tell(2);
  held.resolve();
  await slow;
  await tell(3);
  assert.equal(heard, ['0', '1']);
  const last = told(3);
  back.resolve();
  await last;
  await hearsUpTo(4);
  assert.equal(heard, ['0', '1', 'slow', '2', '3', '4']);
});

test('what was missed before anything was heard is told too', async () => {
  const quiet = await startTestKernel({
    plugins: [events],
    replace: [
      replacement(Database, {
        ...wrap(),
        connect: (name) => gate.then(() => first.use(Database).connect(`third ${name}`)),
      }),
    ],
    logLevel: 'silent',
  });
  const back = Promise.withResolvers<void>();
  gate = back.promise;
  await terminate('third events');
  await tell('missed');
  const missed = told('missed', quiet);
  back.resolve();
  await missed;
  await quiet.stop();
  await hearsUpTo(1);
});

test('a read that fails loses nothing and changes no order', async () => {
  failures = 2;
  const last = told(3);
  for (const n of [1, 2, 3]) await tell(n);
  await last;
  assert.equal(heard, ['1', '2', '3']);
});

test('waiting for an event ends with its signal', async () => {
  const stop = new AbortController();
  const waiting = first.use(Events).next(() => true, stop.signal);
  stop.abort(new Error('enough'));
  await waiting.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'enough'),
  );
  await first
    .use(Events)
    .next(() => true, stop.signal)
    .then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, 'enough'),
    );
});

test('the migrations make the schema that the entities describe', async () => {
  assert.is(await schemaDifference(first), '');
});

function wrap(): Database {
  const shared = first.use(Database);
  return {
    transaction: (work) => shared.transaction(work),
    fork: () => shared.fork(),
    connect: (name) => shared.connect(name),
  };
}

/** Ends a connection and waits until the server has let go of it. */
async function terminate(name: string): Promise<{ rowCount: number }> {
  const em = first.use(Database).fork();
  const gone = await em.execute<unknown[]>(
    `select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name like ?`,
    [`zlh % ${name}`],
  );
  return { rowCount: gone.length };
}

test.run();
