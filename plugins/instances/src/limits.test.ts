/** What an instance may use besides memory: who decides it, how far, and what those have that were there before. */
import { Database } from '@zlh/database';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decideLimits } from './limits.ts';
import { instanceMigrations } from './schema.ts';
import { startInstances, wanted, type TestInstances } from './test/platform.ts';

let platform: TestInstances;
test.before(async () => {
  platform = await startInstances({
    limits: { cpuPercent: 200, processes: 100, diskMiB: 0 },
    largestLimits: { cpuPercent: 300, processes: 0, diskMiB: 4096 },
  });
});
test.after(() => platform.stop());

const limitsOf = ({ cpuPercent, processes, diskMiB }: Record<string, unknown>) => [
  cpuPercent,
  processes,
  diskMiB,
];

test('what nobody asks for comes from the game, then from the settings, and reaches the agent', async () => {
  const instance = await platform.created('ada');
  assert.equal(limitsOf(instance), [200, 100, 2048]);
  assert.equal(platform.provider.agents.get(instance.id)!.spec!.limits, {
    cpuPercent: 200,
    processes: 100,
    diskMiB: 2048,
  });
});

test('more can be asked for as far as the host lets anybody, and by an administrator beyond', async () => {
  const ask = (name: string, limits: object) =>
    platform.as(name).post('/api/instances', { ...wanted, ...limits });
  const much = { cpuPercent: 300, processes: 9999, diskMiB: 4096 };
  const accepted = await ask('bob', much);
  assert.equal([accepted.status, limitsOf(accepted.body.instance)], [202, [300, 9999, 4096]]);
  const refused = await ask('bob', { cpuPercent: 301, diskMiB: 4097 });
  assert.is(refused.status, 422);
  assert.equal(refused.body.errors, [
    { path: '/cpuPercent', message: 'must be 300 at most' },
    { path: '/diskMiB', message: 'must be 4096 at most' },
  ]);
  const administrator = await ask('root', { cpuPercent: 301 });
  assert.is(administrator.status, 202);
  for (const { body } of [accepted, administrator]) await platform.over(body.operation.id);
});

test('where nothing is set there is no limit, and none that comes by itself is above the largest', () => {
  const none = { cpuPercent: 0, processes: 0, diskMiB: 0 };
  const nobody = { administrator: false };
  assert.equal(decideLimits({}, {}, { limits: none, largestLimits: none }, nobody), {
    cpuPercent: null,
    processes: null,
    diskMiB: null,
  });
  const largestLimits = { cpuPercent: 50, processes: 64, diskMiB: 0 };
  assert.equal(decideLimits({}, { processes: 512 }, { limits: none, largestLimits }, nobody), {
    cpuPercent: 50,
    processes: 64,
    diskMiB: null,
  });
});

test('instances of before there were limits get those that a platform has by default', async () => {
  const found = await platform.kernel.use(Database).transaction(async (em) => {
    await em.execute('create schema before; set local search_path to before');
    const [first, ...later] = instanceMigrations;
    for (const statement of first.up) await em.execute(statement);
    await em.execute(
      `insert into instances_instance values (gen_random_uuid(), 1, 'game', 'Old', 'old', 'test', 'plain', '1', 512,
         gen_random_uuid(), 'fake', 'running', 'running', true, now(), null, 1, now())`,
    );
    for (const { up } of later) for (const statement of up) await em.execute(statement);
    return em.execute<object[]>('select cpu_percent, processes, disk_mib from instances_instance');
  });
  assert.equal(found, [{ cpu_percent: null, processes: 512, disk_mib: 10_240 }]);
});

test.run();
