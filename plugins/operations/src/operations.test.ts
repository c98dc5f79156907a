/** Promises of the queue: phases run once and in order, end where the user wants, and conflicts are named. */
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { Grants, type InstanceRole } from '@zlh/accounts';
import { memoryGrants } from '@zlh/accounts/testing';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { schemaDifference } from '@zlh/database/testing';
import { Events } from '@zlh/events';
import events from '@zlh/events/platform';
import type { Identity } from '@zlh/http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationKinds, Operations, type OperationKind, type OperationView } from './index.ts';
import operations from './platform.ts';
import { view, type OperationRecord } from './record.ts';
import { label } from './test/label.ts';

const owner: Identity = {
  kind: 'user',
  id: newId(),
  label: 'owner@example.org',
  administrator: false,
  can: () => true,
};
const stranger: Identity = { ...owner, id: newId(), label: 'stranger@example.org' };

const shared = new Map<string, Map<string, InstanceRole>>();
const least = { 'operations.read': 'viewer', 'operations.write': 'manager' } as const;

let done: string[] = [];
let gate = Promise.withResolvers<void>();
let kernel: TestKernel;

const step = (
  name: string,
  run: OperationKind['phases'][number]['run'] = async () => undefined,
): OperationKind['phases'][number] => ({
  name,
  label: `Step ${name}`,
  run: async (context) => {
    await run(context);
    done.push(name);
  },
  undo: async () => void done.push(`undo ${name}`),
});
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
let fails = false;
let result: Record<string, unknown> | undefined;

const kinds: OperationKind[] = [
  {
    kind: 'test.plain',
    label,
    cancellable: true,
    phases: [
      step('one', async ({ keep, progress }) => {
        progress(0.5);
        await keep({ seen: 1 });
      }),
      step('two', async ({ journal }) => assert.is(journal.seen, 1)),
    ],
    ended: async () => result,
  },
  {
    kind: 'test.waits',
    label,
    cancellable: true,
    phases: [step('one'), step('waits', async ({ signal }) => untilAborted(signal))],
  },
  {
    kind: 'test.owners',
    label,
    cancellable: true,
    ownerOnly: true,
    phases: [step('gated', () => gate.promise)],
  },
  { kind: 'test.gated', label, phases: [step('gated', () => gate.promise)] },
  {
    kind: 'test.fails',
    label,
    retriable: true,
    phases: [
      step('one'),
      step('fails', async () => {
        if (fails) throw new Error('secret detail');
      }),
    ],
    ended: async (_em, { state }) => ({ state }),
  },
  {
    kind: 'test.fails-for-good',
    label,
    phases: [
      step('one'),
      step('two', async () => {
        throw new Error('no');
      }),
    ],
  },
];

test.before(async () => {
  const plugin = definePlugin({
    id: 'test',
    setup: ({ add }) => kinds.forEach((kind) => add(OperationKinds, kind)),
  });
  kernel = await startTestKernel({
    plugins: [database, events, operations, plugin],
    replace: [replacement(Grants, memoryGrants(shared, least))],
  });
});
test.after(() => kernel.stop());
test.before.each(() => {
  done = [];
  gate = Promise.withResolvers();
});

const begin = (kind: string, instanceId: string | null = newId()) =>
  kernel.use(Database).transaction((em) =>
    kernel.use(Operations).start(em, {
      kind,
      title: kind,
      instanceId,
      ownerId: owner.id,
      requestedBy: owner.label,
      input: {},
    }),
  );

async function until(
  id: string,
  wanted: (operation: OperationView) => boolean,
): Promise<OperationView> {
  const stop = new AbortController();
  const changed = kernel
    .use(Events)
    .next(
      (event) => event.data['id'] === id && wanted(event.data as unknown as OperationView),
      stop.signal,
    );
  const now = await kernel.use(Operations).get(id, owner);
  if (!wanted(now)) return (await changed).data as unknown as OperationView;
  changed.catch(() => undefined); // not needed: it is there already
  stop.abort();
  return now;
}
const over = ({ state }: OperationView) => !['queued', 'running'].includes(state);

/** Of the Problem it is refused with. */
const statusOf = (refused: Promise<unknown>) =>
  refused.then(
    () => 200,
    (error: { status: number }) => error.status,
  );

test('phases run once, in order, and hand on what they keep', async () => {
  const { id, state } = await begin('test.plain');
  assert.is(state, 'queued');
  const ended = await until(id, over);
  assert.is(ended.state, 'succeeded');
  assert.equal(done, ['one', 'two']);
  assert.equal(
    ended.phases.map(({ name, state: is, progress }) => [name, is, progress]),
    [
      ['one', 'succeeded', 1],
      ['two', 'succeeded', 1],
    ],
  );
});

test('an operation says the words of its kind and of its phases', async () => {
  const { id, label: words, phases } = await begin('test.plain');
  assert.equal(words, label);
  assert.equal(
    phases.map((phase) => phase.label),
    ['Step one', 'Step two'],
  );
  await until(id, over);
});

test('an operation whose kind is gone keeps its title and the labels of its phases', async () => {
  const { id } = await until((await begin('test.plain')).id, over);
  const [record] = await kernel
    .use(Database)
    .fork()
    .execute<OperationRecord[]>('select * from operations_operation where id = ?', [id]);
  const gone = view({ ...record!, title: 'Trimming Skyblock' }, undefined);
  assert.equal(gone.label, {
    doing: 'Trimming Skyblock',
    done: 'Trimming Skyblock',
    failed: 'Trimming Skyblock: failed',
  });
  assert.is(gone.phases[0]?.label, 'Step one');
  const { label: _, ...older } = record!.phases[0]!;
  assert.is(view({ ...record!, phases: [older] }, undefined).phases[0]?.label, 'one');
});

test('the answer of an end becomes the result, in the event as in the view', async () => {
  result = { backupId: 'a' };
  const { id, result: before } = await begin('test.plain');
  assert.is(before, null);
  assert.equal((await until(id, over)).result, { backupId: 'a' });
  assert.equal((await kernel.use(Operations).get(id, owner)).result, { backupId: 'a' });
  result = undefined;
  assert.is((await until((await begin('test.plain')).id, over)).result, null);
});

test('a result beyond its limit is dropped and the operation ends', async () => {
  result = { text: 'x'.repeat(16 * 1024) };
  const ended = await until((await begin('test.plain')).id, over);
  assert.equal([ended.state, ended.result], ['succeeded', null]);
  result = undefined;
});

test('a retry forgets the result of the attempt before', async () => {
  fails = true;
  const { id } = await begin('test.fails');
  assert.equal((await until(id, over)).result, { state: 'failed' });
  fails = false;
  assert.is((await kernel.use(Operations).retry(id, owner)).result, null);
  assert.equal((await until(id, over)).result, { state: 'succeeded' });
});

test('a second exclusive operation on an instance is refused, naming the first', async () => {
  const instanceId = newId();
  const first = await begin('test.gated', instanceId);
  try {
    await begin('test.plain', instanceId);
    assert.unreachable();
  } catch (error) {
    const { status, code, members } = error as {
      status: number;
      code: string;
      members: { operation: OperationView };
    };
    assert.equal([status, code, members.operation.id], [409, 'operations.conflict', first.id]);
  }
  gate.resolve();
  await until(first.id, over);
  await until((await begin('test.plain', instanceId)).id, over);
});

test('of many begun at once on an instance exactly one is accepted', async () => {
  const instanceId = newId();
  const all = await Promise.allSettled(
    Array.from({ length: 12 }, () => begin('test.gated', instanceId)),
  );
  gate.resolve();
  const accepted = all.filter((each) => each.status === 'fulfilled');
  assert.is(accepted.length, 1);
  assert.ok(
    all.every(
      (each) =>
        each.status === 'fulfilled' ||
        [409, 503].includes((each.reason as { status: number }).status),
    ),
  );
  await until(accepted[0]!.value.id, over);
});

test('cancelling takes back what was done, latest first', async () => {
  const { id } = await begin('test.waits');
  await until(id, ({ phases }) => phases[1]!.state === 'running');
  await kernel.use(Operations).cancel(id, owner);
  const ended = await until(id, over);
  assert.is(ended.state, 'cancelled');
  assert.equal(done, ['one', 'undo waits', 'undo one']);
  assert.equal(
    ended.phases.map(({ state }) => state),
    ['succeeded', 'cancelled'],
  );
});

test('one that is cancelled while it waits in the queue never begins', async () => {
  const all = await Promise.all(Array.from({ length: 16 }, () => begin('test.gated')));
  const { id } = await begin('test.plain');
  await kernel.use(Operations).cancel(id, owner);
  assert.is((await kernel.use(Operations).get(id, owner)).state, 'queued');
  gate.resolve();
  const ended = await until(id, over);
  assert.equal(
    [ended.state, ...ended.phases.map(({ state }) => state)],
    ['cancelled', 'skipped', 'skipped'],
  );
  for (const each of all) await until(each.id, over);
  assert.equal(
    done,
    Array.from({ length: 16 }, () => 'gated'),
  );
});

test('a retry that meets another operation on its instance is refused', async () => {
  fails = true;
  const instanceId = newId();
  const { id } = await begin('test.fails', instanceId);
  await until(id, over);
  const other = await begin('test.gated', instanceId);
  const { status, code } = (await kernel
    .use(Operations)
    .retry(id, owner)
    .catch((error: unknown) => error)) as { status: number; code: string };
  assert.equal([status, code], [409, 'operations.conflict']);
  gate.resolve();
  await until(other.id, over);
});

test('a failed operation keeps what it did and goes on from there when retried', async () => {
  fails = true;
  const { id } = await begin('test.fails');
  const failed = await until(id, over);
  assert.equal(
    [failed.state, failed.error?.code, failed.retriable],
    ['failed', 'operations.unexpected', true],
  );
  assert.not.match(failed.error!.detail, 'secret');
  fails = false;
  assert.is((await kernel.use(Operations).retry(id, owner)).attempt, 2);
  assert.is((await until(id, over)).state, 'succeeded');
  assert.equal(done, ['one', 'fails']);
});

test('a failed operation that cannot be retried takes back what it did', async () => {
  const { id } = await begin('test.fails-for-good');
  assert.is((await until(id, over)).state, 'failed');
  assert.equal(done, ['one', 'undo two', 'undo one']);
});

test('what is over cannot be cancelled, and only what failed can be retried', async () => {
  const { id } = await begin('test.plain');
  await until(id, over);
  for (const action of ['cancel', 'retry'] as const) {
    assert.is(await statusOf(kernel.use(Operations)[action](id, owner)), 409);
  }
});

test('a stranger neither sees nor cancels nor retries it', async () => {
  const { id } = await begin('test.plain');
  for (const action of ['get', 'cancel', 'retry'] as const) {
    assert.is(await statusOf(kernel.use(Operations)[action](id, stranger)), 404);
  }
  assert.is((await kernel.use(Operations).list({ limit: 50 }, stranger)).items.length, 0);
  await until(id, over);
});

test('those with whom the instance is shared see its operations, and cancel what their role includes', async () => {
  const operations = kernel.use(Operations);
  const instanceId = newId();
  const guest: Identity = { ...owner, id: newId(), label: 'guest@example.org' };
  const as = (role: InstanceRole) => shared.set(instanceId, new Map([[guest.id, role]]));
  as('viewer');
  const { id } = await begin('test.waits', instanceId);
  assert.is((await operations.get(id, guest)).id, id);
  assert.is((await operations.list({ limit: 50 }, guest)).items.length, 1);
  assert.is(await statusOf(operations.cancel(id, guest)), 403);
  as('manager');
  await operations.cancel(id, guest);
  await until(id, ({ state }) => state === 'cancelled');
  const { id: owners } = await begin('test.owners', instanceId);
  assert.is(await statusOf(operations.cancel(owners, guest)), 403);
  shared.delete(instanceId);
  assert.is(await statusOf(operations.get(id, guest)), 404);
  gate.resolve();
  await until(owners, over);
});

test('a list is read page by page without losing or repeating an operation', async () => {
  const instanceId = newId();
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) {
    const { id } = await begin('test.plain', instanceId);
    await until(id, over);
    ids.push(id);
  }
  const seen: string[] = [];
  for (let cursor: string | undefined, more = true; more;) {
    const { items, nextCursor } = await kernel
      .use(Operations)
      .list({ instanceId, limit: 3, cursor }, owner);
    seen.push(...items.map(({ id }) => id));
    cursor = nextCursor ?? undefined;
    more = nextCursor !== null;
  }
  assert.equal(seen, ids.reverse());
});

test('the migrations make the schema that the entities describe', async () => {
  assert.is(await schemaDifference(kernel), '');
});

test.run();
