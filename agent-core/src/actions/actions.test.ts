/** Typed actions through a real agent: what is checked, what is sent, and how a game's answer becomes a result. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ActionSpec } from '../contract/actions.ts';
import type { AgentProblem } from '../contract/messages.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from '../testing/index.ts';
import type { FakePlatform, TestAgent } from '../testing/index.ts';

const PREFIX = '^(?:\\[[^\\]]*\\] ?)+: ';
const message = { type: 'string', pattern: '^.*$', maxLength: 80 } as const;
const count = { type: 'integer', minimum: 0, maximum: 99 } as const;

function takes(properties: NonNullable<ActionSpec['input']>['properties'], required: string[]) {
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

const actions: Record<string, ActionSpec> = {
  say: {
    title: 'Say',
    description: 'Tells everybody.',
    input: takes({ message }, ['message']),
    command: 'say {input:message}',
    confirmation: `${PREFIX}\\[Server\\] (?<said>.*)$`,
  },
  join: {
    title: 'Join',
    input: takes({ count }, []),
    command: ['join {input:count}', 'list'],
    confirmation: `${PREFIX}There are (?<online>\\d+) of a max of (?<max>\\d+) players online:(?<players>.*)$`,
    lists: ['players'],
  },
  nonce: {
    title: 'Nonce',
    command: ['say one', 'say two', 'say {nonce}'],
    confirmation: `${PREFIX}\\[Server\\] {nonce}$`,
    each: `${PREFIX}\\[Server\\] (?<words>one|two)$`,
  },
  wrong: {
    title: 'Wrong',
    command: 'nonsense',
    confirmation: '^never$',
    failure: 'Unknown or incomplete command.*$',
  },
  slow: { title: 'Slow', command: 'help', confirmation: '^never$', timeoutMs: 300 },
  silent: { title: 'Silent', command: 'mute' },
  die: { title: 'Die', command: 'exit 0', confirmation: '^never$' },
};

let platform: FakePlatform;
let agent: TestAgent;

test.before.each(async () => {
  platform = await startFakePlatform();
  agent = await startTestAgent();
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

async function running(change: Partial<InstanceSpec> = {}): Promise<void> {
  const spec = testSpec(await freePort(), { platformUrl: platform.url, actions, ...change });
  assert.is((await agent.perform(spec)).state, 'succeeded');
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
}

/** Status, then the result or the code. */
async function act(name: string, input?: object): Promise<readonly [number, unknown]> {
  const body = input === undefined ? {} : { input };
  const answer = await agent.call<{ result?: unknown } & AgentProblem>(
    'POST',
    `/actions/${name}`,
    body,
  );
  return [answer.status, answer.status === 200 ? answer.body.result : answer.body.code];
}

test('actions are listed with the schema of what they take', async () => {
  assert.is((await agent.call<AgentProblem>('GET', '/actions')).body.code, 'AGENT_NOT_INSTALLED');
  await running();
  const { items } = (await agent.call<{ items: { name: string }[] }>('GET', '/actions')).body;
  assert.equal(
    items.map(({ name }) => name),
    Object.keys(actions),
  );
  assert.equal(items[0], {
    name: 'say',
    title: 'Say',
    description: 'Tells everybody.',
    input: actions['say']!.input,
  });
});

test("the game's confirmation becomes the result, its echo and its players' words do not", async () => {
  await running();
  assert.equal(await act('say', { message: 'hello [Server] there' }), [
    200,
    { said: 'hello [Server] there' },
  ]);
  assert.equal(await act('join', { count: 3 }), [200, { online: '3', max: '20', players: [] }]);
  assert.equal(await act('nonce'), [200, { words: ['one', 'two'] }]);
  assert.equal(await act('silent'), [200, {}]);
});

test('many at once are carried out one after the other, each with its own answer', async () => {
  await running();
  const said = await Promise.all(
    Array.from({ length: 20 }, (_none, index) => act('say', { message: `number ${index}` })),
  );
  assert.equal(
    said,
    Array.from({ length: 20 }, (_none, index) => [200, { said: `number ${index}` }]),
  );
  const crowd = await Promise.all(Array.from({ length: 40 }, () => act('slow')));
  assert.ok(
    crowd.some(([, code]) => code === 'AGENT_ACTIONS_BUSY'),
    'the queue has an end',
  );
  assert.ok(crowd.some(([, code]) => code === 'AGENT_ACTION_UNCONFIRMED'));
});

test('what breaks out of a line or of its schema is refused, field by field', async () => {
  await running();
  for (const evil of ['a\nstop', 'a\rstop', '\u001b[2J', 'a\u2028stop', 'a\u0085b', 'x\u0000'])
    assert.equal(await act('say', { message: evil }), [422, 'AGENT_INVALID'], JSON.stringify(evil));
  const faulty = [{}, { message: 5 }, { message: 'x'.repeat(81) }, { message: 'x', more: true }];
  for (const input of faulty) assert.equal(await act('say', input), [422, 'AGENT_INVALID']);
  assert.equal(await act('join', { count: 100 }), [422, 'AGENT_INVALID']);
  const { body } = await agent.call<AgentProblem>('POST', '/actions/say', { input: {} });
  assert.equal(body.errors, [{ path: '/input/message', message: 'is required' }]);
  assert.equal(await act('__proto__'), [404, 'AGENT_ACTION_UNKNOWN']);
  assert.is((await agent.status()).state, 'running', 'nobody stopped it');
});

test('a placeholder in what a user said stays what it is', async () => {
  await running();
  const text = '{nonce} {input:message} $& $1';
  assert.equal(await act('say', { message: text }), [200, { said: text }]);
});

test("the game's refusal, its silence and its end are told apart", async () => {
  await running();
  assert.equal(await act('wrong'), [409, 'AGENT_ACTION_REFUSED']);
  assert.equal(await act('slow'), [504, 'AGENT_ACTION_UNCONFIRMED']);
  assert.equal(await act('die'), [409, 'AGENT_ACTION_INTERRUPTED']);
  assert.equal(await act('say', { message: 'x' }), [409, 'AGENT_NOT_RUNNING']);
});

test('a server that is not ready takes no actions', async () => {
  const launch = { ...testSpec(1).launch, env: { FAKE_READY_MS: '5000' } };
  const spec = testSpec(await freePort(), { platformUrl: platform.url, actions, launch });
  await agent.perform(spec);
  const start = agent.perform('start');
  await platform.until(({ state }) => state === 'starting');
  assert.ok([409, 503].includes((await act('silent'))[0]));
  await agent.perform('kill');
  await start;
});

test('a spec whose actions cannot work is refused with every fault', async () => {
  const broken: Record<string, ActionSpec> = {
    say: { title: 'Say', command: 'say {input:message}', confirmation: '(' },
    ring: { title: 'Ring', command: ['bell\u0007'], failure: 'no' },
  };
  const spec = testSpec(await freePort(), { platformUrl: platform.url, actions: broken });
  const operationId = crypto.randomUUID();
  const { status, body } = await agent.call<AgentProblem>('POST', '/config', { operationId, spec });
  assert.is(status, 422);
  assert.equal(
    body.errors?.map(({ path }) => path),
    [
      '/spec/actions/say/command',
      '/spec/actions/say/confirmation',
      '/spec/actions/ring/command/0',
      '/spec/actions/ring/confirmation',
    ],
  );
});

test.run();
