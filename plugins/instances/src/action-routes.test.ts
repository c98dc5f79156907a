/** Promises of typed actions: listed with their schemas, handed to the agent as they came, and only for those who may. */
import { ActionSpec } from '@zlh/agent';
import { Agents } from '@zlh/agents';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startInstances, type TestInstances } from './test/platform.ts';

let platform: TestInstances;
test.before(async () => {
  platform = await startInstances();
});
test.after(() => platform.stop());

test('what the game declares is offered, and what is asked for reaches the agent', async () => {
  const { id } = await platform.created();
  const ada = platform.as('ada');
  const { status, body } = await ada.get(`/api/instances/${id}/actions`);
  assert.is(status, 200);
  assert.equal(
    body.items.map(({ name }: { name: string }) => name),
    ['say'],
  );
  const input = { message: 'Hello' };
  const answer = await ada.post(`/api/instances/${id}/actions/say`, { input });
  assert.equal(
    [answer.status, answer.body],
    [200, { ok: true, result: { said: JSON.stringify({ input }) } }],
  );
});

test('the longest wait that a game may declare ends with what the agent says of it, not before', async () => {
  const { id } = await platform.created();
  const agents = platform.kernel.use(Agents);
  const { request: ask } = agents;
  let waited: number | undefined;
  agents.request = (target, question) => {
    waited = question.timeoutMs;
    return ask.call(agents, target, question) as never;
  };
  try {
    await platform.as('ada').post(`/api/instances/${id}/actions/say`, {});
  } finally {
    agents.request = ask;
  }
  const { maximum } = ActionSpec.properties.timeoutMs as { maximum?: number };
  assert.ok(waited! > maximum!, `${waited} ms for ${maximum}`);
});

test('viewers may not, operators may, strangers find nothing', async () => {
  const { id } = await platform.created();
  const path = `/api/instances/${id}/actions`;
  platform.share(id, 'vera', 'viewer');
  platform.share(id, 'otto', 'operator');
  for (const [name, expected] of [
    ['vera', 403],
    ['otto', 200],
    ['mallory', 404],
  ] as const) {
    assert.is((await platform.as(name).get(path)).status, expected);
    assert.is((await platform.as(name).post(`${path}/say`, {})).status, expected);
  }
});

test('what is no name, or no plain value, is refused before any agent hears of it', async () => {
  const { id } = await platform.created();
  const ada = platform.as('ada');
  const asked = platform.provider.agents.get(id)!.asked.length;
  for (const name of ['..%2Fstop', 'Say', 'a'.repeat(40), 'say%0Astop'])
    assert.is((await ada.post(`/api/instances/${id}/actions/${name}`, {})).status, 422, name);
  for (const body of [{ input: { message: {} } }, { input: [] }, { other: 1 }])
    assert.is((await ada.post(`/api/instances/${id}/actions/say`, body)).status, 422);
  assert.is(platform.provider.agents.get(id)!.asked.length, asked);
});

test.run();
