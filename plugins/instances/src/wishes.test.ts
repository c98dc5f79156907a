/** Stop, kill and delete win over an operation under way in any phase, and the end is as they asked. */
import { Events } from '@zlh/events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startInstances, wanted, type TestInstances } from './test/platform.ts';

let platform: TestInstances;
test.before(async () => {
  platform = await startInstances({ instancesPerUser: 100 });
});
test.after(() => platform.stop());

const ada = () => platform.as('ada');
const pairOf = async (id: string) => {
  const { body } = await ada().get(`/api/instances/${id}`);
  return [body.desired, body.observed, body.operation];
};

/** Resolves when the operation has come to a phase. */
async function inPhase(operationId: string, name: string): Promise<void> {
  for (;;) {
    const changed = platform.kernel
      .use(Events)
      .next(({ data }) => data['id'] === operationId, AbortSignal.timeout(60_000));
    changed.catch(() => undefined); // not waited for in the end
    const { phases } = (await ada().get(`/api/operations/${operationId}`)).body;
    if (phases.find((phase: { name: string }) => phase.name === name).state === 'running') return;
    await changed;
  }
}

const moments = ['at once', 'container', 'install', 'start'] as const;

/** A creation that stands still at this moment. */
async function creating(moment: (typeof moments)[number]) {
  const gate = Promise.withResolvers<void>();
  platform.provider.gate = gate.promise;
  const made = platform.provider.nextAgent();
  const { body } = await ada().post('/api/instances', wanted);
  const { instance, operation } = body as { instance: { id: string }; operation: { id: string } };
  if (moment === 'container') await inPhase(operation.id, 'container');
  if (moment === 'install' || moment === 'start') {
    gate.resolve();
    const agent = await made;
    agent.status = { ...agent.status, state: 'provisioning', ready: false, wanted: false };
    agent.held = moment === 'install' ? 'config' : 'start';
    await inPhase(operation.id, moment);
  }
  return { id: instance.id, operationId: operation.id, open: () => gate.resolve() };
}

/** Lets everything come to its end again. */
function release(id: string, open: () => void): void {
  const agent = platform.provider.agents.get(id);
  if (agent !== undefined) agent.held = undefined;
  open();
}

async function cancelledForIt(operationId: string): Promise<void> {
  const { state, error } = await platform.over(operationId);
  assert.equal([state, error?.code], ['cancelled', 'operations.superseded']);
}

for (const action of ['stop', 'kill'] as const)
  for (const moment of moments)
    test(`${action} during a creation, ${moment}: it stays, stopped, and a start resumes it`, () =>
      endsCreation(action, moment));

async function endsCreation(action: 'stop' | 'kill', moment: (typeof moments)[number]) {
  const { id, operationId, open } = await creating(moment);
  const { status, body } = await ada().post(`/api/instances/${id}/${action}`);
  assert.equal([status, body.instance.desired], [202, 'stopped']);
  if (moment === 'at once' || moment === 'container') open();
  await cancelledForIt(operationId);
  release(id, open);
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
  assert.equal(await pairOf(id), ['stopped', 'stopped', null]);
  const { body: again } = await ada().post(`/api/instances/${id}/start`);
  assert.is(again.operation.kind, 'instances.create');
  assert.is((await platform.over(again.operation.id)).state, 'succeeded');
  assert.equal(await pairOf(id), ['running', 'running', null]);
  const { body: start } = await ada().post(`/api/instances/${id}/start`);
  assert.is(start.operation.kind, 'instances.start', 'it is made now');
  await platform.over(start.operation.id);
}

for (const moment of moments)
  test(`delete during a creation, ${moment}: nothing is left`, () => deletesWhile(moment));

async function deletesWhile(moment: (typeof moments)[number]): Promise<void> {
  const { id, operationId, open } = await creating(moment);
  const { status, body } = await ada().delete(`/api/instances/${id}`);
  assert.equal([status, body.instance.desired], [202, 'deleted']);
  release(id, open);
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
  assert.is((await ada().get(`/api/instances/${id}`)).status, 404);
  assert.is((await ada().get(`/api/operations/${operationId}`)).status, 404);
  assert.not.ok(platform.provider.agents.has(id));
}

for (const begun of ['start', 'restart', 'rebuild', 'stop'] as const)
  test(`kill during a ${begun} ends it`, () => killsWhile(begun));

async function killsWhile(begun: string): Promise<void> {
  const { id } = await platform.created('ada');
  const agent = platform.provider.agents.get(id)!;
  agent.held = begun === 'rebuild' ? 'config' : begun;
  const { body: first } = await ada().post(`/api/instances/${id}/${begun}`);
  const { status, body } = await ada().post(`/api/instances/${id}/kill`);
  assert.is(status, 202);
  await cancelledForIt(first.operation.id);
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
  assert.equal(await pairOf(id), ['stopped', 'stopped', null]);
  assert.is(agent.asked.at(-1), 'POST /kill');
}

test('a deletion wins over other requests of the same moment', async () => {
  const { id, operationId, open } = await creating('container');
  const answers = await Promise.all([
    ada().post(`/api/instances/${id}/stop`),
    ada().post(`/api/instances/${id}/kill`),
    ada().delete(`/api/instances/${id}`),
    ada().post(`/api/instances/${id}/stop`),
  ]);
  for (const { status } of answers) assert.ok([202, 409].includes(status), String(status));
  const deletion = answers[2].body.operation.id;
  release(id, open);
  assert.is((await platform.over(deletion)).state, 'succeeded');
  assert.is((await ada().get(`/api/instances/${id}`)).status, 404);
  assert.is((await ada().get(`/api/operations/${operationId}`)).status, 404);
});

test('asked for twice it is one operation', async () => {
  const { id } = await platform.created('ada');
  platform.provider.agents.get(id)!.held = 'stop';
  const [one, two] = [
    await ada().post(`/api/instances/${id}/stop`),
    await ada().post(`/api/instances/${id}/stop`),
  ];
  assert.equal([one.status, two.status], [202, 202]);
  assert.is(one.body.operation.id, two.body.operation.id);
  platform.provider.agents.get(id)!.held = undefined;
  await platform.over(one.body.operation.id);
});

test.run();
