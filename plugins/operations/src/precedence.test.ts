/** Operations in the way of one with a precedence end with a reason, and it follows, whoever dies. */
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { Grants } from '@zlh/accounts';
import { memoryGrants } from '@zlh/accounts/testing';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { Events } from '@zlh/events';
import events from '@zlh/events/platform';
import type { Identity, Problem } from '@zlh/http';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationKinds, Operations, type OperationKind, type OperationView } from './index.ts';
import operations from './platform.ts';
import { label } from './test/label.ts';

const owner: Identity = {
  kind: 'user',
  id: newId(),
  label: 'owner@example.org',
  administrator: false,
  can: () => true,
};

let log: string[] = [];
let kernel: TestKernel;
/** Gates that hold up phases of `test.holds` and of stops, by instance. */
const gates = new Map<string, PromiseWithResolvers<void>>();
const gateOf = (instanceId: string) =>
  gates.get(instanceId) ?? gates.set(instanceId, Promise.withResolvers()).get(instanceId)!;

function kindOf(name: string, rest: Partial<OperationKind>, holds: boolean): OperationKind {
  return {
    kind: `test.${name}`,
    label,
    phases: [
      {
        name: 'work',
        label: 'Work',
        async run({ signal, instanceId }) {
          log.push(name);
          if (!holds) return;
          const aborted = new Promise<void>((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          );
          await Promise.race([gateOf(instanceId!).promise, aborted]);
        },
        async undo({ supersededBy }) {
          log.push(`undo ${name} for ${supersededBy?.kind ?? 'nothing'}`);
        },
      },
    ],
    async ended(_em, { state, supersededBy }) {
      log.push(`${name} ${state} for ${supersededBy?.kind ?? 'nothing'}`);
      return { told: state };
    },
    ...rest,
  };
}

const kinds = [
  kindOf('start', { cancellable: true, opposable: true }, true),
  kindOf('copy', { cancellable: true }, true),
  kindOf('update', {}, true),
  kindOf('stop', { precedence: { rank: 1, ends: 'opposable' }, opposable: true }, true),
  kindOf('kill', { precedence: { rank: 2, ends: 'opposable', beside: true } }, false),
  kindOf('delete', { precedence: { rank: 3, ends: 'cancellable' } }, false),
];

test.before(async () => {
  const plugin = definePlugin({
    id: 'test',
    setup: ({ add }) => kinds.forEach((kind) => add(OperationKinds, kind)),
  });
  kernel = await startTestKernel({
    plugins: [database, events, operations, plugin],
    replace: [replacement(Grants, memoryGrants(new Map(), {}))],
  });
});
test.after(() => kernel.stop());
test.before.each(() => void (log = []));

const begin = (name: string, instanceId: string) =>
  kernel.use(Database).transaction((em) =>
    kernel.use(Operations).start(em, {
      kind: `test.${name}`,
      title: `Doing ${name}`,
      instanceId,
      ownerId: owner.id,
      requestedBy: owner.label,
      input: {},
    }),
  );

async function until(id: string, wanted: (now: OperationView) => boolean): Promise<OperationView> {
  for (;;) {
    const changed = kernel
      .use(Events)
      .next(({ data }) => data['id'] === id, AbortSignal.timeout(60_000));
    changed.catch(() => undefined); // not waited for in the end
    const now = await kernel.use(Operations).get(id, owner);
    if (wanted(now)) return now;
    await changed;
  }
}
const over = ({ id }: OperationView) =>
  until(id, ({ state }) => !['queued', 'running'].includes(state));
const running = ({ id }: OperationView) =>
  until(id, ({ phases }) => phases[0]!.state === 'running');
const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    ({ status, code, members }: Problem) => [
      status,
      code,
      (members['operation'] as OperationView | undefined)?.kind,
    ],
  );

for (const [urgent, first] of [
  ['stop', 'start'],
  ['kill', 'start'],
  ['delete', 'start'],
  ['kill', 'stop'],
  ['delete', 'copy'],
] as const)
  test(`${urgent} ends ${first}, which says why, and follows it`, () => ends(urgent, first));

async function ends(urgent: string, first: string): Promise<void> {
  const instanceId = newId();
  const before = await begin(first, instanceId);
  await running(before);
  const after = await begin(urgent, instanceId);
  const { state, error } = await over(before);
  assert.equal(
    [state, error],
    [
      'cancelled',
      {
        code: 'operations.superseded',
        detail: `It was ended because "Doing ${urgent}" was asked for.`,
      },
    ],
  );
  gateOf(instanceId).resolve();
  assert.is((await over(after)).state, 'succeeded');
  assert.equal(log.slice(0, 4), [
    first,
    `undo ${first} for test.${urgent}`,
    `${first} cancelled for test.${urgent}`,
    urgent,
  ]);
}

test('a queued operation is ended all the same', async () => {
  const instanceId = newId();
  const [before, after] = await kernel.use(Database).transaction(async (em) => {
    const each = (name: string) => ({
      kind: `test.${name}`,
      title: name,
      instanceId,
      ownerId: owner.id,
      requestedBy: '',
      input: {},
    });
    const one = await kernel.use(Operations).start(em, each('start'));
    return [one, await kernel.use(Operations).start(em, each('kill'))];
  });
  assert.is((await over(before)).state, 'cancelled');
  assert.is((await over(after)).state, 'succeeded');
  assert.equal(log, ['start cancelled for test.kill', 'kill', 'kill succeeded for nothing']);
});

test('an operation that is not ended is waited for, but a kill bypasses it', async () => {
  const instanceId = newId();
  const update = await begin('update', instanceId);
  await running(update);
  const kill = await begin('kill', instanceId);
  assert.is((await over(kill)).state, 'succeeded');
  const stop = await begin('stop', instanceId);
  const again = await begin('stop', instanceId);
  assert.is(again.id, stop.id, 'asked for twice it is one');
  assert.equal(await refused(begin('start', instanceId)), [
    409,
    'operations.conflict',
    'test.update',
  ]);
  gateOf(instanceId).resolve();
  assert.is((await over(update)).state, 'succeeded');
  assert.is((await over(stop)).state, 'succeeded');
});

test('the more urgent of two waiting operations counts; a less urgent one is refused', async () => {
  const instanceId = newId();
  const update = await begin('update', instanceId);
  await running(update);
  const stop = await begin('stop', instanceId);
  const gone = await begin('delete', instanceId);
  const { state, error, phases } = await over(stop);
  assert.equal(
    [state, error!.code, phases[0]!.state],
    ['cancelled', 'operations.superseded', 'skipped'],
  );
  for (const less of ['kill', 'stop'])
    assert.equal(await refused(begin(less, instanceId)), [
      409,
      'operations.conflict',
      'test.delete',
    ]);
  gateOf(instanceId).resolve();
  assert.is((await over(gone)).state, 'succeeded');
  assert.ok(!log.includes('stop'), 'it never began');
});

test('all at once, in any order: the most urgent comes to its end once, and is the last', async () => {
  const all = ['stop', 'kill', 'delete', 'stop', 'kill', 'delete'];
  for (const turn of all.keys()) {
    const instanceId = newId();
    log = [];
    const before = await begin('start', instanceId);
    const wishes = [...all.slice(turn), ...all.slice(0, turn)];
    const asked = await Promise.allSettled(wishes.map((name) => begin(name, instanceId)));
    gateOf(instanceId).resolve();
    await over(before);
    for (const each of asked) if (each.status === 'fulfilled') await over(each.value);
    assert.is(log.filter((entry) => entry === 'delete').length, 1, String(wishes));
    assert.is(
      log.findLast((entry) => entry.endsWith('succeeded for nothing')),
      'delete succeeded for nothing',
      String(wishes),
    );
  }
});

test('an operation of a kind that is not known any more stands in the way of nothing', async () => {
  const sql = (query: string, values: unknown[] = []) =>
    kernel.use(Database).fork().execute<{ id: string; instance_id: string }[]>(query, values);
  // As another release of the platform would have left it.
  await sql(
    `insert into operations_operation (id, kind, title, instance_id, owner_id, requested_by, state, exclusive, phases, input, journal, attempt, cancel_requested, takeovers, created_at)
     values (?, 'gone.kind', 'Something', ?, ?, '', 'queued', true, '[]', '{}', '{}', 1, false, 0, now())`,
    [newId(), newId(), owner.id],
  );
  const [unknown] = await sql(
    `select id, instance_id from operations_operation where kind = 'gone.kind'`,
  );
  const gone = await begin('delete', unknown!.instance_id);
  assert.is((await over(gone)).state, 'succeeded');
  const { state, error } = await kernel.use(Operations).get(unknown!.id, owner);
  assert.equal([state, error!.code], ['cancelled', 'operations.unknown-kind']);
});

test.run();
