/** Guarantees: while an instance has a hold, nobody starts it, and everybody who sees it sees why. */
import { Database } from '@zlh/database';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Instances, type InstanceView } from './index.ts';
import { startInstances, wanted, type TestInstances } from './test/platform.ts';

let platform: TestInstances;
test.before(async () => {
  platform = await startInstances();
});
test.after(() => platform.stop());

const unpaid = { source: 'billing', code: 'billing.past-due', detail: 'Pay the invoice of May.' };
const view = async (id: string): Promise<InstanceView> =>
  (await platform.as('ada').get(`/api/instances/${id}`)).body;
const change = (name: 'hold' | 'release', id: string) => {
  const instances = platform.kernel.use(Instances);
  return platform.kernel
    .use(Database)
    .transaction((em) =>
      name === 'hold'
        ? instances.hold(em, id, unpaid, 'billing')
        : instances.release(em, id, 'billing', 'billing'),
    );
};
const settled = async (id: string): Promise<InstanceView> => {
  const { operation } = await view(id);
  if (operation !== null) await platform.over(operation.id);
  return view(id);
};

test('a hold stops a running instance, and refuses starts with its own code', async () => {
  const { id } = await platform.created();
  await change('hold', id);
  const held = await settled(id);
  assert.equal([held.desired, held.holds], ['stopped', [unpaid]]);
  for (const action of ['start', 'restart', 'rebuild']) {
    const { status, body } = await platform.as('ada').post(`/api/instances/${id}/${action}`);
    assert.equal([status, body.code, body.detail], [409, unpaid.code, unpaid.detail]);
  }
  assert.equal((await platform.as('ada').get('/api/instances')).body.items[0].holds, [unpaid]);
});

test('released, it stays stopped and may be started', async () => {
  const { id } = await platform.created();
  await change('hold', id);
  await settled(id);
  await change('release', id);
  const { desired, holds } = await view(id);
  assert.equal([desired, holds], ['stopped', []]);
  const { body } = await platform.as('ada').post(`/api/instances/${id}/start`);
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
});

test('each source has a hold of its own; the last release ends them', async () => {
  const { id } = await platform.created();
  const suspension = `/api/instances/${id}/suspension`;
  await change('hold', id);
  await change('hold', id);
  const root = platform.as('root');
  const { status, body } = await root.send('PUT', suspension, { detail: 'It attacked others.' });
  assert.is(status, 200, JSON.stringify(body));
  assert.equal(
    body.holds.map(({ source }: { source: string }) => source),
    ['administrator', 'billing'],
  );
  await settled(id);
  await change('release', id);
  const refused = await platform.as('ada').post(`/api/instances/${id}/start`);
  assert.is(refused.body.code, 'instances.suspended');
  assert.equal((await root.delete(suspension)).body.holds, []);
});

test('a creation that a hold ended does not go on when it is retried', async () => {
  const gate = Promise.withResolvers<void>();
  platform.provider.gate = gate.promise;
  const { body } = await platform.as('ada').post('/api/instances', wanted);
  await change('hold', body.instance.id);
  gate.resolve();
  platform.provider.gate = Promise.resolve();
  assert.is((await platform.over(body.operation.id)).state, 'cancelled');
  await settled(body.instance.id);
  const again = await platform.as('ada').post(`/api/instances/${body.instance.id}/start`);
  assert.is(again.body.code, unpaid.code);
});

test('a deletion goes through, and takes the holds with it', async () => {
  const { id } = await platform.created();
  await change('hold', id);
  await settled(id);
  const { body } = await platform.as('ada').delete(`/api/instances/${id}`);
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
  const left = await platform.kernel
    .use(Database)
    .fork()
    .execute('select 1 from instances_hold where instance_id = ?', [id]);
  assert.equal(left, []);
});

test.run();
