/** Capacity is never promised twice, however many ask at once, and a refusal names the rest. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProviderCapacity } from './index.ts';
import { startInstances, wanted, type TestInstances } from './test/platform.ts';

const plenty: ProviderCapacity = {
  memoryMiB: 100_000,
  diskMiB: 1_000_000,
  freeDiskMiB: 1_000_000,
  ports: { total: 1000, given: 0 },
  elsewhere: [],
};
let platform: TestInstances;
test.before(async () => {
  platform = await startInstances({ instancesPerUser: 100, memoryMiBPerUser: 1_000_000 });
});
test.after(() => platform.stop());

const has = (capacity: Partial<ProviderCapacity>) => {
  platform.provider.capacity = async () => ({ ...plenty, ...capacity });
};
const create = (name: string, more: object = {}) =>
  platform.as(name).post('/api/instances', { ...wanted, memoryMiB: 1024, ...more });
const figures = async () =>
  (await platform.as('root').get('/api/providers')).body.items[0].capacity;

async function removeAll(): Promise<void> {
  const { body } = await platform.as('root').get('/api/instances?limit=100');
  for (const { id, operation } of body.items) {
    if (operation !== null) await platform.over(operation.id);
    const { body: deletion } = await platform.as('root').delete(`/api/instances/${id}`);
    await platform.over(deletion.operation.id);
  }
}

test('as many simultaneous requests get a server as fit the memory of the host', async () => {
  has({ memoryMiB: 4 * 1024 + 1000 });
  const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => create(`user ${n}`)));
  assert.is(answers.filter(({ status }) => status === 202).length, 4);
  const { status, body } = answers.find((answer) => answer.status !== 202)!;
  assert.equal([status, body.code], [409, 'instances.host-memory']);
  assert.equal([body.wanted, body.available], [1024, 1000]);
  assert.match(body.detail, /needs 1024 MiB of memory, and the host has 1000 left\. Choose less/);
  assert.is((await create('root')).status, 409, 'an administrator makes no memory either');
  assert.is((await create('ada', { memoryMiB: 1000 })).status, 202, 'what fits is given');
  await removeAll();
});

test('a server reserves what it was promised until it is deleted, running or not', async () => {
  has({ memoryMiB: 1024 });
  const { body } = await create('ada');
  await platform.over(body.operation.id);
  const stop = await platform.as('ada').post(`/api/instances/${body.instance.id}/stop`);
  await platform.over(stop.body.operation.id);
  assert.is((await create('bea')).status, 409);
  assert.equal((await figures()).memoryMiB, { total: 1024, reserved: 1024, available: 0 });
  await removeAll();
  const again = await create('bea');
  assert.is(again.status, 202);
  await removeAll();
});

test('ports that are wanted by servers still to come count as given', async () => {
  has({ ports: { total: 3, given: 1 } });
  let open: () => void = () => undefined;
  platform.provider.gate = new Promise((resolve) => (open = resolve));
  assert.is((await create('ada')).status, 202);
  assert.is((await create('bea')).status, 202);
  const { status, body } = await create('cyd');
  assert.equal([status, body.code], [409, 'instances.host-ports']);
  assert.equal((await figures()).ports, { total: 3, reserved: 3, available: 0 });
  open();
  platform.provider.gate = Promise.resolve();
  has({});
  await removeAll();
});

test('a disk is refused when its limits are promised already, and when it is full whatever was promised', async () => {
  has({ diskMiB: 5000 });
  assert.is((await create('ada', { diskMiB: 4000 })).status, 202);
  const promised = await create('bea', { diskMiB: 2000 });
  assert.equal([promised.status, promised.body.code], [409, 'instances.host-disk']);
  has({ freeDiskMiB: -24 });
  const full = await create('bea');
  assert.equal([full.status, full.body.code], [409, 'instances.host-disk']);
  assert.match(full.body.detail, '24 MiB are missing');
  await removeAll();
});

test('instances on other machines take nothing, and a provider without figures refuses nothing', async () => {
  has({});
  const { body } = await create('ada');
  has({ memoryMiB: 1024, elsewhere: [body.instance.id] });
  assert.is((await create('bea')).status, 202);
  delete platform.provider.capacity;
  assert.is((await create('bea')).status, 202);
  assert.is(await figures(), null);
  await removeAll();
});

test.run();
