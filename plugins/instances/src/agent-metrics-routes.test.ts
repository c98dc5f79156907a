/** Promises of agents' figures: found and read through the platform, in bounded size. Who may is in the scenario of roles. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startInstances, type TestInstances } from './test/platform.ts';

let platform: TestInstances;
test.before(async () => {
  platform = await startInstances();
});
test.after(() => platform.stop());

test('a scraper finds every agent, and reads its figures through the platform', async () => {
  const { id, hostname } = await platform.created();
  const root = platform.as('root');
  const { body: targets } = await root.get('/metrics/targets');
  const found = targets.find(
    ({ labels }: { labels: { instance_id: string } }) => labels.instance_id === id,
  );
  assert.is(found.labels.instance, hostname);
  assert.equal(found.targets, [new URL(root.url).host]);
  const figures = await root.get(found.labels.__metrics_path__);
  assert.is(figures.status, 200);
  assert.match(figures.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
  assert.is(figures.body, 'zlh_agent_ready 1\n');
});

test('an agent in the hands of its customer cannot fill our memory, and one that is gone is said to be', async () => {
  const { id } = await platform.created();
  const root = platform.as('root');
  const agent = platform.provider.agents.get(id)!;
  agent.figures = 'zlh_agent_ready 1\n'.repeat(100_000);
  const { status, body } = await root.get(`/metrics/instances/${id}`);
  assert.equal([status, body.code], [502, 'agents.faulty']);
  agent.close();
  assert.is((await root.get(`/metrics/instances/${id}`)).body.code, 'agents.unreachable');
  assert.is((await root.get(`/metrics/instances/${crypto.randomUUID()}`)).status, 404);
});

test.run();
