/** Guarantees: a kind resolves once per creation and per rebuild; its schema alone checks its requests. */
import { Database } from '@zlh/database';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Instances } from './index.ts';
import { instanceMigrations } from './schema.ts';
import { startInstances, wanted, type TestInstances } from './test/platform.ts';

let platform: TestInstances;
test.before(async () => {
  platform = await startInstances();
});
test.after(() => platform.stop());

const sql = <T>(query: string, values: unknown[] = []) =>
  platform.kernel.use(Database).fork().execute<T[]>(query, values);
const workload = (id: string) => platform.kernel.use(Instances).workload(id);
const act = async (id: string, action: string) => {
  const { body } = await platform.as('ada').post(`/api/instances/${id}/${action}`);
  return platform.over(body.operation.id);
};

test('a creation resolves once; stop, start and new settings ask nobody; a rebuild resolves anew', async () => {
  const before = platform.kind.resolutions;
  const { id } = await platform.created();
  await act(id, 'stop');
  await act(id, 'start');
  assert.is(platform.kind.resolutions, before + 1);
  platform.kind.label = 'Test · Plain 1, newer';
  assert.is((await workload(id)).label, 'Test · Plain 1');
  assert.is((await act(id, 'rebuild')).state, 'succeeded');
  assert.is((await workload(id)).label, 'Test · Plain 1, newer');
  assert.is(platform.kind.resolutions, before + 2);
});

test('a kind that is no longer installed fails the rebuild alone', async () => {
  const { id } = await platform.created();
  await sql(
    `update instances_workload set request = request || '{"kind":"gone"}' where instance_id = ?`,
    [id],
  );
  assert.is((await act(id, 'restart')).state, 'succeeded');
  assert.is((await act(id, 'rebuild')).error?.code, 'instances.kind-missing');
});

test('a deletion leaves no workload', async () => {
  const { id } = await platform.created();
  const { body } = await platform.as('ada').delete(`/api/instances/${id}`);
  await platform.over(body.operation.id);
  assert.equal(await sql('select 1 from instances_workload where instance_id = ?', [id]), []);
});

test('the schema of the kind decides what a request holds', async () => {
  const faults = async (body: unknown) => {
    const answer = await platform.as('ada').post('/api/instances', body);
    return [answer.status, ...(answer.body.errors ?? []).map(({ path }: { path: string }) => path)];
  };
  assert.equal(await faults({ ...wanted, kind: 'nothing' }), [422, '/kind']);
  assert.equal(await faults({ name: 'x' }), [422, '/kind']);
  assert.equal(await faults({ ...wanted, size: 1 }), [422, '/size']);
  assert.equal(await faults({ kind: 'other', name: 'x' }), [422, '/size']);
  assert.equal(await faults({ kind: 'other', name: 'x', size: 0 }), [422, '/size']);
  assert.equal(await faults({ ...wanted, game: 'none' }), [422, '/game']);
});

test('the host name is made of the stem of the kind', async () => {
  const { body } = await platform
    .as('bob')
    .post('/api/instances', { kind: 'other', name: 'x', size: 7 });
  assert.match(body.instance.hostname, /^other-\d+$/);
  assert.equal([body.instance.kind, body.instance.version], ['other', '7']);
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
});

test('the API document has one schema per kind', async () => {
  const { body } = await platform.as('ada').get('/api/openapi.json');
  const { CreateInstance, CreateGameInstance, CreateOtherInstance } = body.components.schemas;
  assert.equal(CreateInstance.discriminator, { propertyName: 'kind' });
  assert.is(CreateInstance.anyOf.length, 2);
  assert.ok(CreateGameInstance.properties.variant);
  assert.equal(CreateOtherInstance.required.sort(), ['kind', 'name', 'size']);
});

test('instances of an earlier release get a request by the migration, and a workload once it is read', async () => {
  const { id } = await platform.created();
  const [kept] = await sql<{ resolved: unknown }>(
    'select resolved from instances_workload where instance_id = ?',
    [id],
  );
  await sql('drop table instances_workload');
  const { up } = instanceMigrations.find(({ name }) => name === '005_workload')!;
  for (const statement of up) await sql(statement);
  const before = platform.kind.resolutions;
  assert.equal(await workload(id), kept!.resolved);
  await workload(id);
  assert.is(platform.kind.resolutions, before + 1);
  const [{ request } = { request: {} }] = await sql<{ request: object }>(
    'select request from instances_workload where instance_id = ?',
    [id],
  );
  assert.equal(request, { ...wanted, memoryMiB: 512 });
});

test.run();
