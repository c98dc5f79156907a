/** What is wanted of an instance is one thing, whether its owner, a player inside the game or its agent decided it. */
import { Events } from '@zlh/events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { status } from './test/fake-agent.ts';
import { startInstances, wanted, type TestInstances } from './test/platform.ts';

let platform: TestInstances;
test.before(async () => {
  platform = await startInstances();
});
test.after(() => platform.stop());

const running = { ...status, wanted: true };
const stopped = { ...status, state: 'stopped', ready: false, wanted: false };
const desired = async (id: string) =>
  (await platform.as('root').get(`/api/instances/${id}`)).body.desired;

test('a server that is stopped inside the game is wanted stopped, and everybody is told', async () => {
  const { id } = await platform.created('ada');
  await platform.report(id, running);
  assert.is(await desired(id), 'running');
  const told = platform.kernel
    .use(Events)
    .next(
      ({ type, data }) => type === 'instances.changed' && data['observed'] === 'stopped',
      AbortSignal.timeout(60_000),
    );
  await platform.report(id, stopped);
  assert.equal((await told).data, { observed: 'stopped', ready: false, desired: 'stopped' });
  assert.is(await desired(id), 'stopped');
  await platform.report(id, running);
  assert.is(await desired(id), 'running', 'a later agent knows better again');
});

test('while an operation runs what was asked for counts, and what its agent said when it is over', async () => {
  const { id } = await platform.created('bob');
  await platform.report(id, running);
  const agent = platform.provider.agents.get(id)!;
  agent.outcome = 'running';
  const { body } = await platform.as('bob').post(`/api/instances/${id}/restart`);
  await platform.report(id, stopped);
  assert.is(await desired(id), 'running');
  agent.outcome = 'failed';
  await platform.report(id, { ...stopped, revision: 2 });
  assert.is((await platform.over(body.operation.id)).state, 'failed');
  assert.is(await desired(id), 'stopped');
});

test('a start that failed while the agent tries again by itself leaves it wanted', async () => {
  const { id } = await platform.created('cleo');
  await platform.report(id, stopped);
  const agent = platform.provider.agents.get(id)!;
  agent.outcome = 'running';
  const { body } = await platform.as('cleo').post(`/api/instances/${id}/start`);
  agent.afterFailure = { state: 'crashed', ready: false, wanted: true };
  agent.outcome = 'failed';
  await platform.report(id, { ...status, state: 'crashed', ready: false, wanted: true });
  assert.is((await platform.over(body.operation.id)).state, 'failed');
  assert.is(await desired(id), 'running');
});

test('a first start that failed is not wanted any more; one that succeeds later is', async () => {
  const held = Promise.withResolvers<void>();
  platform.provider.gate = held.promise;
  const { body } = await platform.as('dora').post('/api/instances', wanted);
  const { id } = body.instance;
  const placed = platform.provider.nextAgent();
  held.resolve();
  platform.provider.gate = Promise.resolve();
  const agent = await placed;
  agent.outcome = 'failed';
  assert.is((await platform.over(body.operation.id)).state, 'failed');
  await platform.report(id, stopped);
  assert.is(await desired(id), 'stopped');
  agent.outcome = 'succeeded';
  await platform.as('dora').post(`/api/operations/${body.operation.id}/retry`);
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
  assert.is(await desired(id), 'running');
});

test('what is killed is wanted stopped at once, and what agents said before is no answer to it', async () => {
  const { id } = await platform.created('eve');
  await platform.report(id, running);
  const { body } = await platform.as('eve').post(`/api/instances/${id}/kill`);
  assert.is(body.instance.desired, 'stopped');
  await platform.over(body.operation.id);
  assert.is(await desired(id), 'stopped');
});

test('agents of before, who do not say what is wanted, change nothing', async () => {
  const { id } = await platform.created('fritz');
  await platform.report(id, { ...status, state: 'stopped', ready: false });
  assert.is(await desired(id), 'running');
});

test.run();
