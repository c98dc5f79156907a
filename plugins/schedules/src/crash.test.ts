/** Promises of schedules under crashes and company: each run happens once, whoever dies and however many look. */
// time-limit: 300s
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Database } from '@zlh/database';
import { addressOf } from '@zlh/database/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSchedules, type TestSchedules } from './test/platform.ts';

const secretKey = 'a key that all of them have, for tests';
const before = '2027-01-01T20:00:00Z';
const due = '2027-01-02T04:00:30Z';
let platform: TestSchedules;
const children: ChildProcess[] = [];

test.before(async () => {
  platform = await startSchedules({ now: new Date(before), database: { secretKey } });
});
test.before.each(() => platform.reset(new Date(before)));
test.after.each(async () => {
  for (const child of children.splice(0)) await kill(child);
});
test.after(() => platform.stop());

/** Another process of the platform, for which the schedules are due. */
function join(hang: boolean): ChildProcess {
  const child = fork(
    new URL('./test/schedules-process.ts', import.meta.url),
    [
      JSON.stringify({
        now: due,
        database: { url: addressOf(platform.kernel), secretKey },
        instances: [...platform.instances.keys()],
        hang,
      }),
    ],
    { execArgv: ['--conditions=zlh-source', '--disable-warning=ExperimentalWarning'] },
  );
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

async function said(child: ChildProcess, what: string): Promise<void> {
  for (;;) if ((await once(child, 'message'))[0] === what) return;
}

const begun = async (instanceId: string) => (await platform.operations(instanceId)).length;

test('who dies between the claim and the commit has begun nothing, and another one runs it once', async () => {
  const made = await platform.schedule(platform.instance());
  const victim = join(true);
  await said(victim, 'begun');
  assert.is(await begun(made.instanceId), 0, 'not committed yet');
  platform.now = new Date(due);
  const other = await platform.schedule(platform.instance(), { cron: '1 4 * * *' });
  platform.now = new Date('2027-01-02T04:01:00Z');
  await platform.until(other, ({ last }) => last?.outcome === 'succeeded');
  assert.is(await begun(made.instanceId), 0, 'the claimed one holds nobody up');
  await kill(victim);
  const { last } = await platform.until(made, (now) => now.last?.outcome === 'succeeded');
  const [operation, ...more] = await platform.operations(made.instanceId);
  assert.equal([operation!.id, more], [last!.operationId, []]);
});

test('three processes that find forty runs due begin each of them once', async () => {
  const instances = Array.from({ length: 40 }, () => platform.instance());
  await Promise.all([join(false), join(false)].map((child) => said(child, 'started')));
  const made = await Promise.all(instances.map((id) => platform.schedule(id)));
  platform.now = new Date(due);
  for (const each of made) await platform.until(each, ({ last }) => last?.outcome === 'succeeded');
  assert.equal(
    await Promise.all(instances.map(begun)),
    instances.map(() => 1),
  );
});

test('killed while it tells the game, nobody tells it again, and the schedule says so', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  platform.gate = promise;
  const action = { kind: 'command', input: { command: 'give alex diamond' } };
  const made = await platform.schedule(platform.instance(), { action });
  const asked = once(platform.heard, 'asked');
  platform.now = new Date(due);
  const { last } = await platform.until(made, (now) => now.last?.outcome === 'running');
  await asked;
  // As a process leaves it that dies in the middle of sending: kept, and not heard of again.
  await platform.kernel
    .use(Database)
    .fork()
    .execute(
      `update operations_operation set worker = 1 where id = ? and state = 'running' and journal = '{"sent": true}'`,
      [last!.operationId],
    );
  const now = await platform.until(made, (each) => each.last?.outcome === 'failed');
  assert.is(now.last!.error!.code, 'SCHEDULES_TELL_INTERRUPTED');
  resolve();
});

test.run();
