/** Operations: one at a time, each id once, on after a crash from the first unfinished phase. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError, type Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationConflict } from './errors.ts';
import { Journal } from './journal.ts';
import type { OperationContext } from '../contract/operation-kind.ts';
import { Maintenance } from '../supervisor/maintenance.ts';
import { MOST_DEATHS, Operations } from './operations.ts';

const log = { info() {}, warn() {}, error() {} } as unknown as Logger;
const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
let folder: string;

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'zlh-operations-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

/** An agent's operations in this folder; `work` decides what the phases of "work" do. */
function operationsWith(
  work: (phase: string, context: OperationContext<unknown>) => Promise<void>,
) {
  let changed = () => {};
  const maintenance = new Maintenance(folder, log, () => changed());
  const operations = new Operations(new Journal(folder), log, () => changed(), maintenance);
  operations.define({
    kind: 'work',
    phases: ['one', 'two'],
    async run(context) {
      await context.phase('one', () => work('one', context));
      await context.phase('two', () => work('two', context));
    },
  });
  operations.define({
    kind: 'kill',
    phases: ['kill'],
    interrupts: true,
    run: (context) => context.phase('kill', () => work('kill', context)),
  });
  const ended = (which: string) =>
    new Promise<void>((resolve) => {
      changed = () => {
        if (operations.get(which)?.finishedAt !== null && operations.current?.id !== which)
          resolve();
      };
      changed();
    });
  return { operations, maintenance, ended };
}

const untilAborted = ({ signal }: OperationContext<unknown>) =>
  new Promise<void>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error)),
  );

test('phases run in order and the end is remembered', async () => {
  const seen: string[] = [];
  const { operations, ended } = operationsWith(async (phase) => void seen.push(phase));
  operations.submit(id(1), 'work', null);
  await ended(id(1));
  assert.equal(seen, ['one', 'two']);
  assert.is(new Journal(folder).get(id(1))?.operation.state, 'succeeded');
  assert.is(operations.current, null);
});

test('the input of an ended operation is forgotten, for it may hold what is private', async () => {
  const { operations, ended } = operationsWith(async () => {});
  operations.submit(id(1), 'work', { secret: 'input-of-one' });
  await ended(id(1));
  assert.not.match(readFileSync(join(folder, 'operations.json'), 'utf8'), 'input-of-one');
});

test('a second one is refused, a kill breaks in', async () => {
  const { operations, ended } = operationsWith((phase, context) =>
    phase === 'kill' ? Promise.resolve() : untilAborted(context),
  );
  operations.submit(id(1), 'work', null);
  assert.throws(
    () => operations.submit(id(2), 'work', null),
    (error: unknown) => error instanceof OperationConflict,
  );
  operations.submit(id(3), 'kill', null);
  await ended(id(3));
  assert.is(operations.get(id(1))?.state, 'cancelled');
  assert.is(operations.get(id(1))?.error?.code, 'AGENT_OPERATION_INTERRUPTED');
  assert.is(operations.get(id(3))?.state, 'succeeded');
});

test('a kill does not wait for one that does not let go', async () => {
  let release = () => {};
  const { operations, ended } = operationsWith((phase) =>
    phase === 'kill' ? Promise.resolve() : new Promise((resolve) => (release = resolve)),
  );
  operations.submit(id(1), 'work', null);
  operations.submit(id(2), 'kill', null);
  await ended(id(2));
  assert.is(operations.get(id(2))?.state, 'succeeded');
  release();
});

test('the next agent goes on at the first unfinished phase', async () => {
  const first = operationsWith((phase, context) =>
    phase === 'one' ? Promise.resolve() : untilAborted(context),
  );
  first.operations.submit(id(1), 'work', { some: 'input' });
  await new Promise(setImmediate);
  await first.operations.close();
  const seen: unknown[] = [];
  const second = operationsWith(async (phase, { input }) => void seen.push([phase, input]));
  second.operations.resume();
  await second.ended(id(1));
  assert.equal(seen, [['two', { some: 'input' }]]);
  assert.is(second.operations.get(id(1))?.state, 'succeeded');
});

/** As if this agent was killed: what it does never ends, and nothing is told to it. */
const dies = (times: number) => {
  for (let at = 0; at < times; at++)
    operationsWith(() => new Promise(() => {})).operations.resume();
};

const letsGo = async (_: string, { signal }: OperationContext<unknown>) => signal.throwIfAborted();

test('an operation that took too many agents down has failed, and may clean up', async () => {
  operationsWith(() => new Promise(() => {})).operations.submit(id(1), 'work', null);
  dies(MOST_DEATHS - 1);
  const { operations, ended } = operationsWith(letsGo);
  operations.resume();
  await ended(id(1));
  const { state, error } = operations.get(id(1))!;
  assert.equal([state, error?.code], ['failed', 'AGENT_OPERATION_CRASHED']);
});

test('an operation that takes the agent down even then is not begun again', () => {
  operationsWith(() => new Promise(() => {})).operations.submit(id(1), 'work', null);
  dies(MOST_DEATHS);
  const seen: string[] = [];
  const { operations } = operationsWith(async (phase) => void seen.push(phase));
  operations.resume();
  assert.equal(seen, []);
  const { state, error } = operations.get(id(1))!;
  assert.equal([state, error?.code], ['failed', 'AGENT_OPERATION_CRASHED']);
});

test('agents that end in order are not held against an operation', async () => {
  operationsWith(() => new Promise(() => {})).operations.submit(id(1), 'work', null);
  dies(MOST_DEATHS - 2);
  const orderly = operationsWith((_, context) => untilAborted(context));
  orderly.operations.resume();
  await orderly.operations.close();
  dies(MOST_DEATHS - 1);
  const { operations, ended } = operationsWith(letsGo);
  operations.resume();
  await ended(id(1));
  assert.is(operations.get(id(1))?.state, 'succeeded');
});

test('an operation whose agent was killed over its cancellation is ended as cancelled by the next', async () => {
  operationsWith(() => new Promise(() => {})).operations.submit(id(1), 'work', null);
  const deaf = operationsWith(() => new Promise(() => {}));
  deaf.operations.resume();
  assert.is(deaf.operations.cancel(id(1))?.state, 'running');
  const { operations, ended } = operationsWith(letsGo);
  operations.resume();
  await ended(id(1));
  const { state, error } = operations.get(id(1))!;
  assert.equal([state, error?.code], ['cancelled', 'AGENT_OPERATION_CANCELLED']);
  assert.is(operations.cancel(id(1))?.state, 'cancelled', 'once more changes nothing');
});

test('one that costs agents even while it is cancelled ends as cancelled', () => {
  const first = operationsWith(() => new Promise(() => {}));
  first.operations.submit(id(1), 'work', null);
  first.operations.cancel(id(1));
  dies(MOST_DEATHS);
  const { operations } = operationsWith(letsGo);
  operations.resume();
  assert.is(operations.get(id(1))?.state, 'cancelled');
});

test('deaths count as long as they are at the same phase', async () => {
  operationsWith(() => new Promise(() => {})).operations.submit(id(1), 'work', null);
  dies(MOST_DEATHS - 2);
  let reached = () => {};
  const atTwo = new Promise<void>((resolve) => (reached = resolve));
  const half = operationsWith((phase) =>
    phase === 'one' ? Promise.resolve() : new Promise(() => reached()),
  );
  half.operations.resume();
  await atTwo;
  dies(MOST_DEATHS - 2);
  const { operations, ended } = operationsWith(letsGo);
  operations.resume();
  await ended(id(1));
  assert.is(operations.get(id(1))?.state, 'succeeded');
});

test('of a kill and what it interrupted only the kill goes on', async () => {
  const first = operationsWith(() => new Promise(() => {}));
  first.operations.submit(id(1), 'work', null);
  first.operations.submit(id(2), 'kill', null);
  const seen: string[] = [];
  const second = operationsWith(async (phase) => void seen.push(phase));
  second.operations.resume();
  await second.ended(id(2));
  assert.equal(seen, ['kill']);
  assert.is(second.operations.get(id(1))?.state, 'cancelled');
});

test('a failure has a code and leaves later phases out', async () => {
  const { operations, ended } = operationsWith(() =>
    Promise.reject(new CodedError('SOME_CODE', 'What.', 'Do.')),
  );
  operations.submit(id(1), 'work', null);
  await ended(id(1));
  const operation = operations.get(id(1))!;
  assert.equal(operation.error, { code: 'SOME_CODE', detail: 'What. Do.' });
  assert.equal(
    operation.phases.map(({ state }) => state),
    ['failed', 'skipped'],
  );
});

test('a journal that cannot be written refuses work, but never a kill', async () => {
  const { operations, ended } = operationsWith(async () => {});
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'no folder any more');
  assert.throws(
    () => operations.submit(id(1), 'work', null),
    (error: unknown) => (error as CodedError).code === 'AGENT_STATE_UNWRITABLE',
  );
  assert.is(operations.get(id(1)), undefined);
  operations.submit(id(2), 'kill', null);
  await ended(id(2));
  assert.is(operations.get(id(2))?.state, 'succeeded');
});

test('old operations are forgotten, running ones never', async () => {
  const { operations, ended } = operationsWith(async () => {});
  for (let i = 1; i <= 80; i++) {
    operations.submit(id(i), 'kill', null);
    await ended(id(i));
  }
  assert.is(operations.get(id(1)), undefined);
  assert.is(operations.get(id(80))?.state, 'succeeded');
});

test('what plugins add carries their name, and no kind is defined twice', () => {
  const { operations } = operationsWith(async () => {});
  const kind = (name: string) => ({ kind: name, phases: [], run: () => Promise.resolve() });
  const codeOf = (name: string) => {
    try {
      operations.defineOf({ plugin: 'backups', value: kind(name) });
      return undefined;
    } catch (error) {
      return (error as CodedError).code;
    }
  };
  assert.is(codeOf('backups.create'), undefined);
  assert.is(codeOf('backups.create'), 'AGENT_OPERATION_KIND_TWICE');
  assert.is(codeOf('mods.create'), 'AGENT_OPERATION_KIND_MISNAMED');
});

test('the maintenance lasts as long as its operation, and refuses others with its reason', async () => {
  const { operations, maintenance, ended } = operationsWith((phase, context) => {
    if (phase !== 'one') return Promise.resolve();
    context.maintain('The world is being swapped.');
    return untilAborted(context);
  });
  operations.submit(id(1), 'work', null);
  assert.is(maintenance.reason, 'The world is being swapped.');
  assert.throws(
    () => operations.submit(id(2), 'work', null),
    (error: unknown) => (error as CodedError).code === 'AGENT_MAINTENANCE',
  );
  operations.submit(id(3), 'kill', null);
  await ended(id(3));
  assert.is(operations.get(id(1))?.state, 'running', 'a kill goes by it');
  assert.is(operations.current?.id, id(1));
  operations.cancel(id(1));
  await ended(id(1));
  assert.is(operations.get(id(1))?.state, 'cancelled');
  assert.is(maintenance.reason, null);
});

test('no maintenance is held that a kill would open: a disk that does not take it fails the operation', async () => {
  const { operations, maintenance, ended } = operationsWith((phase, context) => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'no folder any more');
    context.maintain('In vain.');
    return Promise.resolve();
  });
  operations.submit(id(1), 'work', null);
  await ended(id(1));
  assert.is(operations.get(id(1))?.error?.code, 'AGENT_STATE_UNWRITABLE');
  assert.is(maintenance.reason, null);
});

test('half a journal is no journal', () => {
  writeFileSync(join(folder, 'operations.json'), '[{"operation":{"id"');
  assert.equal(new Journal(folder).unfinished(), []);
});

test.run();
