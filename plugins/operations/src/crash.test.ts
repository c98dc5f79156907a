/** Promises of operations under crashes: whatever dies, another process goes on, and nothing counts twice. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Grants } from '@zlh/accounts';
import { memoryGrants } from '@zlh/accounts/testing';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { addressOf } from '@zlh/database/testing';
import { Events } from '@zlh/events';
import events from '@zlh/events/platform';
import type { Identity } from '@zlh/http';
import { replacement, scaled, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Operations, type OperationView } from './index.ts';
import operations from './platform.ts';
import { stepsPlugin, type Reached } from './test/steps.ts';

const secretKey = 'a key that both of them have, for tests';
const administrator: Identity = {
  kind: 'user',
  id: newId(),
  label: 'a test',
  administrator: true,
  can: () => true,
};
/** Keeps the database for the others; runs nothing itself. */
let host: TestKernel;
const children: ChildProcess[] = [];

test.before(async () => {
  host = await startTestKernel({
    plugins: [database, events],
    config: { database: { secretKey } },
  });
  await host
    .use(Database)
    .fork()
    .execute(
      'create table test_step (n serial, process text, step text); create table test_lock (n int); insert into test_lock values (1)',
    );
});
test.before.each(() =>
  host
    .use(Database)
    .fork()
    .execute(
      `truncate test_step; drop table if exists operations_operation, operations_worker; delete from migration where name like 'operations/%'`,
    )
    .then(() => undefined),
);
test.after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await host.stop();
});

const sql = <T>(query: string, values: unknown[] = []) =>
  host.use(Database).fork().execute<T[]>(query, values);
const steps = async () =>
  (
    await sql<{ process: string; step: string }>('select process, step from test_step order by n')
  ).map(({ process, step }) => `${process}: ${step}`);

function startWorker(reached: Reached = () => undefined): Promise<TestKernel> {
  return startTestKernel({
    plugins: [database, events, operations, stepsPlugin('survivor', reached)],
    replace: [replacement(Grants, memoryGrants())],
    config: { database: { url: addressOf(host), secretKey }, operations: { leaseSeconds: 2 } },
    logLevel: 'silent',
  });
}

/** A process that begins an operation and hangs in one of its steps. */
async function startVictim(
  hangIn: string,
  kind = 'test.steps',
): Promise<{ child: ChildProcess; id: string }> {
  const script = fileURLToPath(new URL('./test/worker-process.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [
      '--conditions=zlh-source',
      '--disable-warning=ExperimentalWarning',
      script,
      JSON.stringify({ url: addressOf(host), secretKey, hangIn, kind }),
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  children.push(child);
  let id: string | undefined;
  let reached = false;
  while (id === undefined || !reached) {
    const [message] = (await once(child, 'message')) as [{ id?: string; reached?: string }];
    id ??= message.id;
    reached ||= message.reached === hangIn;
  }
  return { child, id };
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const begin = (kernel: TestKernel, kind: string, instanceId = newId()) =>
  kernel.use(Database).transaction((em) =>
    kernel.use(Operations).start(em, {
      kind,
      title: kind,
      instanceId,
      ownerId: null,
      requestedBy: 'a test',
      input: {},
    }),
  );

/** Waits for the operation, which may be changed by any process. */
async function until(
  kernel: TestKernel,
  id: string,
  wanted: (operation: OperationView) => boolean,
): Promise<OperationView> {
  const stop = new AbortController();
  for (;;) {
    const changed = kernel.use(Events).next(({ data }) => data['id'] === id, stop.signal);
    changed.catch(() => undefined); // no longer of interest
    const now = await kernel.use(Operations).get(id, administrator);
    if (!wanted(now)) {
      await changed;
      continue;
    }
    stop.abort();
    return now;
  }
}
const over = ({ state }: OperationView) => state !== 'queued' && state !== 'running';

test('of a process that is killed in a phase another goes on from that phase, at once, with what was kept', async () => {
  const { child, id } = await startVictim('two');
  const survivor = await startWorker();
  await kill(child);
  const killedAt = performance.now();
  const ended = await until(survivor, id, over);
  const tookMs = performance.now() - killedAt;
  assert.is(ended.state, 'succeeded');
  assert.equal(await steps(), ['killed: one', 'killed: two', 'survivor: two', 'survivor: three']);
  const [row] = await sql<{ journal: { path: string }; takeovers: number }>(
    'select journal, takeovers from operations_operation',
  );
  assert.equal(row, { journal: { path: 'one two three ' }, takeovers: 0 });
  // Half a second when the machine is idle.
  assert.ok(tookMs < 10_000, `it took ${tookMs} ms`);
  await survivor.stop();
});

test('of a process that is killed while it takes an operation back another finishes taking it back', async () => {
  const { child, id } = await startVictim('undo two', 'test.failing');
  await kill(child);
  const survivor = await startWorker();
  const ended = await until(survivor, id, over);
  assert.equal([ended.state, ended.error?.code], ['failed', 'operations.unexpected']);
  assert.equal(
    ended.phases.map(({ state }) => state),
    ['succeeded', 'succeeded', 'failed'],
  );
  assert.equal(await steps(), [
    'killed: one',
    'killed: two',
    'killed: undo two',
    'survivor: undo two',
    'survivor: undo one',
  ]);
  await survivor.stop();
});

test('an operation accepted past another follows it, though the process is killed before it hears of that', async () => {
  const { child, id } = await startVictim('two');
  child.kill('SIGSTOP');
  const survivor = await startWorker();
  const { instanceId } = await survivor.use(Operations).get(id, administrator);
  const wins = await begin(survivor, 'test.wins', instanceId!);
  await kill(child);
  const { state, error } = await until(survivor, id, over);
  assert.equal([state, error?.code], ['cancelled', 'operations.superseded']);
  assert.is((await until(survivor, wins.id, over)).state, 'succeeded');
  assert.equal(await steps(), [
    'killed: one',
    'killed: two',
    'survivor: undo two',
    'survivor: undo one',
    'survivor: win',
  ]);
  await survivor.stop();
});

test('a process that was thought dead and wakes up again changes nothing any more', async () => {
  const { child, id } = await startVictim('two');
  child.kill('SIGSTOP');
  const [worker] = await sql<{ pid: number }>(
    `select pid from pg_locks where locktype = 'advisory' and classid = 7264120`,
  );
  await sql('select pg_terminate_backend(?, 10000)', [worker!.pid]);
  const survivor = await startWorker();
  await until(survivor, id, over);
  const [before] = await sql('select * from operations_operation');
  await survivor.stop();
  child.send('go on');
  child.kill('SIGCONT');
  const next = await untilAnotherIsBegun();
  const [after] = await sql('select * from operations_operation where id <> ?', [next]);
  assert.equal(after, before);
  await kill(child);
});

test('of a process that is frozen another goes on when its lease is over, and thawed it writes nothing', async () => {
  const { child, id } = await startVictim('two');
  child.kill('SIGSTOP');
  const survivor = await startWorker();
  assert.is((await until(survivor, id, over)).state, 'succeeded');
  assert.equal(await steps(), ['killed: one', 'killed: two', 'survivor: two', 'survivor: three']);
  const [before] = await sql('select * from operations_operation');
  await survivor.stop();
  child.send('go on');
  child.kill('SIGCONT');
  // It is a worker again, under another number.
  const next = await untilAnotherIsBegun();
  const [after] = await sql('select * from operations_operation where id <> ?', [next]);
  assert.equal(after, before);
  await kill(child);
});

test('what a frozen process has locked is free for the next, and what it had written is not there', async () => {
  const { child, id } = await startVictim('hold', 'test.holding');
  child.kill('SIGSTOP');
  const survivor = await startWorker();
  assert.is((await until(survivor, id, over)).state, 'succeeded');
  await survivor.stop();
  child.send('go on');
  child.kill('SIGCONT');
  await untilAnotherIsBegun();
  const told = await steps();
  assert.equal(told.slice(0, 2), ['survivor: hold', 'survivor: one']);
  assert.not.ok(told.includes('killed: hold'));
  await kill(child);
});

test('a transaction of a phase does not commit when the operation was taken over in its middle', async () => {
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let times = 0;
  const kernel = await startWorker((step) => {
    if (step !== 'hold' || ++times > 1) return;
    reached.resolve();
    return held.promise;
  });
  const { id } = await begin(kernel, 'test.holding');
  await reached.promise;
  await sql('update operations_operation set fence = fence + 1');
  held.resolve();
  assert.is((await until(kernel, id, over)).state, 'succeeded');
  assert.equal(await steps(), ['survivor: hold', 'survivor: one'], 'once, though it ran twice');
  assert.is(times, 2);
  await kernel.stop();
});

/** Queues an operation by hand and waits until the only process there is has come to its first step. */
async function untilAnotherIsBegun(): Promise<string> {
  const before = (await steps()).length;
  const id = await queueByHand([]);
  for (let next = changed(id); (await steps()).length === before; next = changed(id)) await next;
  return id;
}

const changed = (id: string) =>
  host.use(Events).next(({ data }) => data['id'] === id, AbortSignal.timeout(30_000));

async function queueByHand(phases: readonly object[]): Promise<string> {
  const id = newId();
  await sql(
    `insert into operations_operation (id, kind, title, requested_by, state, exclusive, phases, input, journal, attempt, cancel_requested, takeovers, created_at)
     values (?, 'test.steps', 'by hand', 'a test', 'queued', false, ?::jsonb, '{}', '{}', 1, false, 0, now())`,
    [id, JSON.stringify(phases)],
  );
  return id;
}

test('a process that lost its connection lets go, comes back, and the operation goes on', async () => {
  const inTwo = Promise.withResolvers<void>();
  let times = 0;
  const kernel = await startWorker((step, signal) => {
    if (step !== 'two' || ++times > 1) return;
    inTwo.resolve();
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error)),
    );
  });
  const { id } = await begin(kernel, 'test.steps');
  await inTwo.promise;
  await sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'zlh % operations'`,
  );
  assert.is((await until(kernel, id, over)).state, 'succeeded');
  assert.equal(
    await steps(),
    ['one', 'two', 'two', 'three'].map((step) => `survivor: ${step}`),
  );
  await kernel.stop();
});

test('an operation outlives the death of the database server, and its end is heard', async () => {
  const inTwo = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const kernel = await startWorker((step) => {
    if (step !== 'two') return;
    inTwo.resolve();
    return held.promise;
  });
  const { id } = await begin(kernel, 'test.steps');
  await inTwo.promise;
  const ended = kernel
    .use(Events)
    .next(
      ({ data }) => data['id'] === id && data['state'] === 'succeeded',
      AbortSignal.timeout(scaled(30_000)),
    );
  const pidFile = join(host.home, 'postgres', 'data', 'postmaster.pid');
  process.kill(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), 'SIGKILL');
  held.resolve();
  await ended;
  const told = await steps();
  assert.is(told.filter((step) => step === 'survivor: three').length, 1);
  await kernel.stop();
});

test('a process that stops while it takes an operation back leaves the rest to the next', async () => {
  const undoing = Promise.withResolvers<void>();
  const inTwo = Promise.withResolvers<void>();
  const first = await startWorker((step, signal) => {
    const reached = { two: inTwo, 'undo two': undoing }[step];
    if (reached === undefined) return;
    reached.resolve();
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error)),
    );
  });
  const { id } = await begin(first, 'test.steps');
  await inTwo.promise;
  await first.use(Operations).cancel(id, administrator);
  await undoing.promise;
  await first.stop();
  const second = await startWorker();
  const ended = await until(second, id, over);
  assert.is(ended.state, 'cancelled');
  assert.equal(
    ended.phases.map(({ state }) => state),
    ['succeeded', 'cancelled', 'skipped'],
  );
  assert.equal((await steps()).slice(-2), ['survivor: undo two', 'survivor: undo one']);
  await second.stop();
});

test('an operation in which twenty processes died is taken back, and says so', async () => {
  const { child, id } = await startVictim('two');
  await kill(child);
  await sql('update operations_operation set takeovers = 20');
  const survivor = await startWorker();
  const ended = await until(survivor, id, over);
  assert.equal([ended.state, ended.error?.code], ['failed', 'operations.crashed']);
  assert.equal((await steps()).slice(2), ['survivor: undo two', 'survivor: undo one']);
  await survivor.stop();
});

test('what can neither go on nor be taken back comes to an end all the same', async () => {
  const kernel = await startWorker();
  const { id } = await begin(kernel, 'test.no-end');
  await until(kernel, id, ({ phases }) => phases[0]!.state === 'succeeded');
  await sql('update operations_operation set takeovers = 40');
  const ended = await until(kernel, id, over);
  assert.equal([ended.state, ended.error?.code], ['failed', 'operations.crashed']);
  await kernel.stop();
});

test('an operation older than the phases of its kind runs those it knows not to be done', async () => {
  const kernel = await startWorker();
  const phase = { state: 'succeeded', progress: 1, startedAt: null, finishedAt: null };
  const id = await queueByHand([
    { name: 'zero', ...phase },
    { name: 'two', ...phase },
  ]);
  const ended = await until(kernel, id, over);
  assert.equal(
    ended.phases.map(({ name, state }) => `${name} ${state}`),
    ['one succeeded', 'two succeeded', 'three succeeded'],
  );
  assert.equal(await steps(), ['survivor: one', 'survivor: three']);
  await kernel.stop();
});

test.run();
