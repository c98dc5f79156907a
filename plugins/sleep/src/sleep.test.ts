/** Servers that nobody plays on sleep in time and wake once; a person's own start and stop come first. */
import { Accounts, Audit } from '@zlh/accounts';
import { AgentObservers } from '@zlh/agents';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { problems } from '@zlh/http';
import { Hooks, Instances } from '@zlh/instances';
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EmptyServers } from './empty-servers.ts';
import { Sleep } from './sleep.ts';
import sleepPlugin from './platform.ts';

const begun: string[] = [];
let refusal: Error | undefined;
let hasOwner = true;
const clock = { ms: 0 };
const emptyServers = new EmptyServers(() => clock.ms);
let kernel: TestKernel;
let sleep: Sleep;

const instances = {
  findSummary: async () => ({ ownerId: 'ada', name: 'Skyblock' }),
  async begin(_em: unknown, id: string, action: string, { label }: { label: string }) {
    if (refusal !== undefined) throw refusal;
    begun.push(`${action} ${id} by ${label}`);
  },
} as unknown as Instances;
const accounts = {
  actingFor: async (id: string, label: string) => (hasOwner ? { id, label } : null),
} as unknown as Accounts;

test.before(async () => {
  kernel = await startTestKernel({
    plugins: [
      database,
      sleepPlugin,
      definePlugin({
        id: 'reader',
        needs: { hooks: Hooks, observers: AgentObservers },
        setup() {},
      }),
    ],
    replace: [
      replacement(Instances, instances),
      replacement(Accounts, accounts),
      replacement(Audit, { record: async () => undefined }),
    ],
  });
  const log = { info: () => {}, warn: () => {} } as never;
  sleep = new Sleep({ database: kernel.use(Database), accounts, instances, emptyServers, log });
});
test.after(() => kernel.stop());
test.before.each(() => {
  begun.length = 0;
  refusal = undefined;
  hasOwner = true;
});

const em = () => kernel.use(Database).fork();
const playing = { state: 'running', ready: true, players: { online: 1 } } as const;
const empty = { state: 'running', ready: true, players: { online: 0 } } as const;

async function sleepsAfter(minutes: number, wakeBy: 'everyone' | 'nobody' = 'everyone') {
  const id = newId();
  await sleep.set(em(), id, { afterMinutes: minutes, wakeBy });
  return id;
}

async function asleep(): Promise<string> {
  const id = await sleepsAfter(1);
  emptyServers.heard(id, empty);
  clock.ms += 60_000;
  await sleep.check();
  begun.length = 0;
  return id;
}

test('a server sleeps once it has been empty for its minutes, and not before', async () => {
  const id = await sleepsAfter(10);
  emptyServers.heard(id, empty);
  clock.ms += 9 * 60_000;
  emptyServers.heard(id, playing);
  emptyServers.heard(id, empty);
  clock.ms += 9 * 60_000;
  await sleep.check();
  assert.equal(begun, []);
  clock.ms += 60_000;
  await sleep.check();
  await sleep.check();
  assert.equal(begun, [`stop ${id} by asleep when empty`]);
  assert.type((await sleep.view(em(), id)).asleepSince, 'string');
  assert.ok((await sleep.asleep()).has(id));
});

test('a server that does not say how many play, or is not ready, never sleeps', async () => {
  const id = await sleepsAfter(1);
  for (const report of [
    { ...empty, players: null },
    { ...empty, players: { online: null } },
    { ...empty, players: undefined },
    { ...empty, ready: false },
    { ...empty, state: 'stopping' },
  ] as const) {
    emptyServers.heard(id, empty);
    emptyServers.heard(id, report);
    clock.ms += 3_600_000;
    await sleep.check();
  }
  assert.equal(begun, []);
});

test('a server without a setting stays on', async () => {
  const id = newId();
  emptyServers.heard(id, empty);
  clock.ms += 3_600_000;
  await sleep.check();
  assert.equal(begun, []);
  emptyServers.forget(id);
});

test('twenty players who join at once start it once, and none is refused', async () => {
  const id = await asleep();
  const woken = await Promise.all(Array.from({ length: 20 }, () => sleep.wake(id)));
  assert.equal(begun, [`start ${id} by a player who joined`]);
  assert.ok(woken.every(Boolean));
  assert.ok((await sleep.asleep()).has(id), 'it sleeps until it starts');
  await em().execute(`update sleep_instance set woken_at = now() - interval '2 minutes'`);
  assert.ok(await sleep.wake(id), 'a start that never came is tried again');
  assert.is(begun.length, 2);
});

test('nobody wakes what only its people may start, or whose start is refused', async () => {
  const closed = await asleep();
  await sleep.set(em(), closed, { afterMinutes: 1, wakeBy: 'nobody' });
  assert.is(await sleep.wake(closed), false);
  const id = await asleep();
  refusal = problems.conflict('instances.host-memory', 'The host is full.');
  assert.is(await sleep.wake(id), false);
  refusal = undefined;
  hasOwner = false;
  assert.is(await sleep.wake(id), false);
  assert.equal(begun, []);
  assert.ok((await sleep.asleep()).has(id), 'it is woken another time');
  assert.is(await sleep.wake(newId()), false, 'an instance without a setting');
});

test('a start by anybody ends the sleep, and the end of the instance ends the setting', async () => {
  const id = await asleep();
  for (const { value } of kernel.points(AgentObservers))
    await value.onStatusChange(em(), id, { state: 'starting' } as never);
  assert.not.ok((await sleep.asleep()).has(id));
  for (const { value } of kernel.points(Hooks)) await value.deleted?.(em(), id);
  assert.is((await sleep.view(em(), id)).afterMinutes, null);
});

test('the setting can be taken away, also while the server sleeps', async () => {
  const id = await asleep();
  await sleep.set(em(), id, { afterMinutes: null, wakeBy: 'everyone' });
  assert.equal(await sleep.view(em(), id), {
    afterMinutes: null,
    wakeBy: 'everyone',
    asleepSince: null,
  });
  assert.is(await sleep.wake(id), false);
});

test.run();
