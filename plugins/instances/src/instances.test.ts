/** Promises of instances: made once and within limits, seen by their owner alone, worked on one operation at a time, gone for good. */
import { randomUUID } from 'node:crypto';
import { Agents } from '@zlh/agents';
import { Database } from '@zlh/database';
import { schemaDifference } from '@zlh/database/testing';
import { Events } from '@zlh/events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { status } from './test/fake-agent.ts';
import { artifact, startInstances, verified, wanted, type TestInstances } from './test/platform.ts';

let platform: TestInstances;
test.before(async () => {
  platform = await startInstances({ instancesPerUser: 3, memoryMiBPerUser: 2000 });
});
test.after(() => platform.stop());

const sql = <T>(query: string, values: unknown[] = []) =>
  platform.kernel.use(Database).fork().execute<T[]>(query, values);
const changed = (id: string, observed = 'running') =>
  platform.kernel
    .use(Events)
    .next(
      ({ type, instanceId, data }) =>
        type === 'instances.changed' && instanceId === id && data['observed'] === observed,
      AbortSignal.timeout(60_000),
    );

test('it is made in phases, placed, and shown as the contract says', async () => {
  const { status: code, body } = await platform
    .as('ada')
    .post('/api/instances', { ...wanted, name: '  Sky 🏰 block ' });
  assert.is(code, 202);
  assert.is(body.operation.state, 'queued');
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
  const { body: now } = await platform.as('ada').get(`/api/instances/${body.instance.id}`);
  assert.equal(
    [now.name, now.memoryMiB, now.desired, now.operation, now.address],
    ['Sky 🏰 block', 512, 'running', null, { host: '127.0.0.1', port: 25_565 }],
  );
  assert.match(now.hostname, /^mc-plain-\d+$/);
  const { body: operation } = await platform.as('ada').get(`/api/operations/${body.operation.id}`);
  assert.equal(
    operation.phases.map(({ name }: { name: string }) => name),
    ['artifacts', 'container', 'agent', 'install', 'start'],
  );
  assert.equal(platform.provider.agents.get(now.id)!.asked, [
    'POST /platform',
    'POST /config',
    'POST /start',
  ]);
  assert.is(platform.audit.at(-1)!.action, 'instances.create');
});

test('a start without the consent that the game needs is refused with what to do, and nothing changes', async () => {
  const { id } = await platform.created('carol');
  const agent = platform.provider.agents.get(id)!;
  await platform.as('carol').post(`/api/instances/${id}/stop`);
  await changed(id, 'stopped');
  const asked = [...agent.asked];
  const consent = {
    code: 'AGENT_CONSENT_WITHDRAWN',
    detail: 'The terms are not accepted.',
    hint: 'Write eula=true.',
    path: 'eula.txt',
    terms: null,
  };
  agent.status = { ...agent.status, consent };
  for (const action of ['start', 'restart', 'rebuild']) {
    const { status: code, body } = await platform
      .as('carol')
      .post(`/api/instances/${id}/${action}`);
    assert.equal(
      [code, body.code, body.detail],
      [409, 'AGENT_CONSENT_WITHDRAWN', 'The terms are not accepted. Write eula=true.'],
    );
  }
  const { body } = await platform.as('carol').get(`/api/instances/${id}`);
  assert.equal([body.desired, body.operation], ['stopped', null]);
  assert.equal(agent.asked, asked);
  agent.status = { ...agent.status, consent: null };
  assert.is((await platform.as('carol').post(`/api/instances/${id}/start`)).status, 202);
});

test('a stranger finds nothing, whatever is asked; an administrator finds all', async () => {
  const { id } = await platform.created('bob');
  const stranger = platform.as('mallory');
  for (const answer of [
    await stranger.get(`/api/instances/${id}`),
    await stranger.get(`/api/instances/${id}/status`),
    await stranger.delete(`/api/instances/${id}`),
    await stranger.post(`/api/instances/${id}/console/commands`, { command: 'op mallory' }),
    ...(await Promise.all(
      ['start', 'stop', 'restart', 'kill'].map((action) =>
        stranger.post(`/api/instances/${id}/${action}`),
      ),
    )),
  ])
    assert.equal([answer.status, answer.body.code], [404, 'http.not-found']);
  assert.equal((await stranger.get('/api/instances')).body.items, []);
  assert.is((await platform.as('root').get(`/api/instances/${id}/status`)).status, 200);
});

test('those with whom it is shared see it, and may do what their role includes', async () => {
  const { id } = await platform.created('ida');
  const guest = platform.as('gast');
  const answers = async () => [
    (await guest.get(`/api/instances/${id}`)).status,
    (await guest.post(`/api/instances/${id}/console/commands`, { command: 'list' })).status,
    (await guest.delete(`/api/instances/${id}`)).status,
    (await guest.get(`/api/instances/${id}/grants`)).status,
  ];
  assert.equal(await answers(), [404, 404, 404, 404]);
  platform.share(id, 'gast', 'viewer');
  assert.equal(await answers(), [200, 403, 403, 403]);
  platform.share(id, 'gast', 'operator');
  assert.equal(await answers(), [200, 204, 403, 403]);
  const { items } = (await guest.get('/api/instances')).body;
  assert.equal(
    items.map((item: { id: string; role: string }) => [item.id, item.role]),
    [[id, 'operator']],
  );
});

test('limits hold when many requests come at once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => platform.as('eve').post('/api/instances', wanted)),
  );
  assert.equal(
    answers.map(({ status: code }) => code).sort(),
    [202, 202, 202, 409, 409, 409, 409, 409],
  );
  assert.is(
    answers.find(({ status: code }) => code === 409)!.body.code,
    'instances.limit-instances',
  );
  await Promise.all(
    answers
      .filter(({ status: code }) => code === 202)
      .map(({ body }) => platform.over(body.operation.id)),
  );
  const tooMuch = await platform.as('frank').post('/api/instances', { ...wanted, memoryMiB: 2001 });
  assert.equal([tooMuch.status, tooMuch.body.code], [409, 'instances.limit-memory']);
  assert.is(
    (await platform.as('frank').post('/api/instances', { ...wanted, memoryMiB: 128 })).status,
    422,
  );
  assert.is(
    (await platform.as('frank').post('/api/instances', { ...wanted, game: 'chess' })).status,
    422,
  );
  assert.equal((await platform.as('frank').get('/api/instances')).body.items, []);
});

test('a revision that the platform never gave out does not keep it from its work', async () => {
  const { id } = await platform.created('otto');
  const agent = platform.provider.agents.get(id)!;
  const rebuilt = async () => {
    const { body } = await platform.as('otto').post(`/api/instances/${id}/rebuild`);
    return platform.over(body.operation.id);
  };
  agent.installed = Number.MAX_SAFE_INTEGER;
  assert.is((await rebuilt()).state, 'succeeded');
  assert.ok(agent.spec!.revision < 100);
});

test('while one operation runs another is refused and told which; a kill ends it', async () => {
  const { id } = await platform.created('grace');
  const agent = platform.provider.agents.get(id)!;
  agent.outcome = 'running';
  const { body: first } = await platform.as('grace').post(`/api/instances/${id}/stop`);
  const second = await platform.as('grace').post(`/api/instances/${id}/start`);
  assert.equal(
    [second.status, second.body.code, second.body.operation.id],
    [409, 'operations.conflict', first.operation.id],
  );
  assert.is((await platform.as('grace').get(`/api/instances/${id}`)).body.desired, 'stopped');
  const { body: kill } = await platform.as('grace').post(`/api/instances/${id}/kill`);
  const { state, error } = await platform.over(first.operation.id);
  assert.equal([state, error!.code], ['cancelled', 'operations.superseded']);
  agent.outcome = 'succeeded';
  assert.is((await platform.over(kill.operation.id)).state, 'succeeded');
});

test('what was asked for and failed is no longer wanted', async () => {
  const { id } = await platform.created('heidi');
  platform.provider.agents.get(id)!.outcome = 'failed';
  const { body } = await platform.as('heidi').post(`/api/instances/${id}/start`);
  const { state, error } = await platform.over(body.operation.id);
  assert.equal([state, error!.code], ['failed', 'AGENT_TEST']);
  assert.is((await platform.as('heidi').get(`/api/instances/${id}`)).body.desired, 'stopped');
});

for (const moves of [false, true])
  test(`an agent that is killed in the middle of its work is brought up, and asked for the same again: ${moves ? 'elsewhere' : 'where it was'}`, () =>
    isAskedAgain(moves));

async function isAskedAgain(moves: boolean): Promise<void> {
  const { id } = await platform.created('ivan');
  platform.provider.moves = moves;
  platform.provider.agents.get(id)!.outcome = 'running';
  const { body } = await platform.as('ivan').post(`/api/instances/${id}/restart`);
  const running = platform.kernel
    .use(Events)
    .next(
      ({ data }) =>
        data['id'] === body.operation.id &&
        JSON.stringify(data['phases']).includes('"restart","state":"running"'),
      AbortSignal.timeout(60_000),
    );
  running.catch(() => undefined); // it may be there already
  await Promise.race([
    running,
    until(() => platform.provider.agents.get(id)!.asked.includes('POST /restart')),
  ]);
  platform.provider.kill(id);
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
  assert.ok(platform.provider.agents.get(id)!.asked.includes('POST /restart'));
  platform.provider.moves = false;
}

/** For what tells nobody of itself. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a deleted instance leaves its audit trail and the operation that removed it, and nothing else', async () => {
  const { id } = await platform.created('judy');
  const token = platform.kernel.use(Agents).tokenFor(id);
  const { body } = await platform.as('judy').delete(`/api/instances/${id}`);
  assert.is((await platform.over(body.operation.id)).state, 'succeeded');
  assert.is((await platform.as('judy').get(`/api/instances/${id}`)).status, 404);
  assert.equal(await sql('select id from operations_operation where instance_id = ?', [id]), [
    { id: body.operation.id },
  ]);
  assert.equal(await sql('select * from agents_agent where instance_id = ?', [id]), []);
  assert.not.ok(platform.provider.agents.has(id));
  assert.equal(
    platform.audit.filter(({ instanceId }) => instanceId === id).map(({ action }) => action),
    ['instances.create', 'instances.delete', 'instances.deleted'],
  );
  assert.is(await platform.report(id, status), 401);
  assert.ok(token.startsWith('zla_'));
});

test('a creation that is cancelled takes back its container', async () => {
  const held = Promise.withResolvers<void>();
  platform.provider.gate = held.promise;
  const { body } = await platform.as('ken').post('/api/instances', wanted);
  assert.is(
    (await platform.as('ken').post(`/api/operations/${body.operation.id}/cancel`)).status,
    202,
  );
  held.resolve();
  platform.provider.gate = Promise.resolve();
  assert.is((await platform.over(body.operation.id)).state, 'cancelled');
  assert.not.ok(platform.provider.agents.has(body.instance.id));
  assert.is((await platform.as('ken').get(`/api/instances/${body.instance.id}`)).status, 404);
});

test('what its agent says is written down and told; what it says nonsense of is not believed', async () => {
  const { id } = await platform.created('leo');
  await platform.report(id, { ...status, state: 'starting', ready: false });
  const told = changed(id);
  assert.is(await platform.report(id, { ...status, since: '0000-01-01T00:00:00Z' }), 204);
  assert.equal((await told).data, { observed: 'running', ready: true, desired: 'running' });
  assert.is(
    await platform.report(id, {
      ...status,
      state: 'starting',
      ready: true,
      since: '9999-12-31T23:59:60Z',
    }),
    204,
  );
  const { body } = await platform.as('leo').get(`/api/instances/${id}`);
  assert.equal([body.observed, body.ready], ['starting', false]);
  assert.ok(Math.abs(Date.parse(body.since) - Date.now()) < 60_000, body.since);
});

test('an agent that ends again and again is back each time, without longer and longer pauses', async () => {
  const { id } = await platform.created('mia');
  await platform.report(id, status);
  const { provider } = platform;
  const killedAt = performance.now();
  for (let n = 0; n < 5; n++) {
    const returned = provider.nextStart();
    provider.kill(id);
    await platform.kernel.use(Agents).markUnreachable(id);
    const agent = await returned;
    await until(() => agent.asked.includes('POST /platform'));
    assert.not.ok(agent.asked.includes('POST /config'));
    const again = changed(id);
    await platform.report(id, status);
    await again;
  }
  // One second each; with pauses that double it was three minutes.
  assert.ok(performance.now() - killedAt < 15_000);
});

test('a rotten artifact is brought in anew by the same rebuild, and one that stays rotten ends it', async () => {
  const { id } = await platform.created('rolf');
  const agent = platform.provider.agents.get(id)!;
  const rebuild = async () => {
    verified.length = 0;
    const { body } = await platform.as('rolf').post(`/api/instances/${id}/rebuild`);
    return platform.over(body.operation.id);
  };
  agent.rotten.push('AGENT_ARTIFACT_UNAVAILABLE', 'AGENT_ARTIFACT_HASH');
  assert.is((await rebuild()).state, 'succeeded');
  assert.equal(verified, [artifact.sha256, artifact.sha256]);
  agent.rotten.push('AGENT_ARTIFACT_HASH', 'AGENT_ARTIFACT_HASH', 'AGENT_ARTIFACT_HASH');
  const { state, error } = await rebuild();
  assert.equal([state, error?.code], ['failed', 'AGENT_ARTIFACT_HASH']);
  agent.rotten.push('AGENT_SOMETHING_ELSE');
  assert.is((await rebuild()).error?.code, 'AGENT_SOMETHING_ELSE');
  assert.equal(verified, [], 'no other fault has to do with the store');
});

test('an action that meets the end of a deletion finds nothing', async () => {
  const { id } = await platform.created('nina');
  await sql('delete from instances_instance where id = ?', [id]);
  assert.is((await platform.as('nina').post(`/api/instances/${id}/kill`)).status, 404);
  assert.is((await platform.as('nina').get(`/api/instances/${randomUUID()}`)).status, 404);
  platform.provider.kill(id);
});

test('a list is read page by page, newest first', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.unshift((await platform.created('olga')).id);
  const first = (await platform.as('olga').get('/api/instances?limit=2')).body;
  const second = (
    await platform.as('olga').get(`/api/instances?limit=2&cursor=${first.nextCursor}`)
  ).body;
  assert.equal(
    [...first.items, ...second.items].map(({ id }: { id: string }) => id),
    ids,
  );
  assert.is(second.nextCursor, null);
});

test('the migrations make the schema that the entities describe', async () => {
  assert.is(await schemaDifference(platform.kernel), '');
});

test.run();
