/** The agent as the platform meets it: a real process, a real game process, the contract over HTTP. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { socketUrlOf } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import type { AgentProblem } from './contract/messages.ts';
import type { AgentOperation } from './contract/operation.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

let platform: FakePlatform;
let agent: TestAgent;
let port: number;

test.before(async () => {
  platform = await startFakePlatform();
});
test.before.each(async () => {
  port = await freePort();
  agent = await startTestAgent({ platformUrl: platform.url });
});
test.after.each(() => agent.end());
test.after(() => platform.close());

const spec = (change = {}) => testSpec(port, { platformUrl: platform.url, ...change });

test('a server is installed, started, ready, stopped, and each is reported', async () => {
  assert.is((await agent.status()).state, 'provisioning');
  const installed = await agent.perform(spec());
  assert.is(installed.state, 'succeeded', JSON.stringify(installed.error));
  assert.equal(
    installed.phases.map(({ name, state }) => `${name} ${state}`),
    ['download succeeded', 'unpack succeeded', 'write succeeded', 'run succeeded'],
  );
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
  const reported = await platform.until(({ state, ready }) => state === 'running' && ready);
  assert.equal(reported.players, { online: 0, max: 20 });
  assert.equal(reported.address, { host: '127.0.0.1', port });
  assert.is((await agent.call('GET', '/ready')).status, 200);
  const stopped = await agent.perform('stop');
  assert.is(stopped.state, 'succeeded');
  await platform.until(({ state }) => state === 'stopped');
  assert.is((await agent.call('GET', '/ready')).status, 503);
});

test('a repeated request answers the same operation and does the work once', async () => {
  await agent.perform(spec());
  const operationId = randomUUID();
  const first = await agent.call<{ operation: AgentOperation }>('POST', '/start', { operationId });
  const again = await agent.call<{ operation: AgentOperation }>('POST', '/start', { operationId });
  assert.is(again.status, 202);
  assert.is(again.body.operation.createdAt, first.body.operation.createdAt);
  await agent.finished(operationId);
  const late = await agent.call<{ operation: AgentOperation }>('POST', '/start', { operationId });
  assert.is(late.body.operation.state, 'succeeded');
  const other = await agent.call<AgentProblem>('POST', '/stop', { operationId });
  assert.is(other.status, 409);
  assert.is(other.body.code, 'AGENT_OPERATION_ID_REUSED');
});

test('a second operation is refused with 409 and names the one in the way', async () => {
  await agent.perform(spec({ launch: { ...spec().launch, env: { FAKE_READY_MS: '1500' } } }));
  const first = randomUUID();
  await agent.call('POST', '/start', { operationId: first });
  const second = await agent.call<AgentProblem>('POST', '/restart', { operationId: randomUUID() });
  assert.is(second.status, 409);
  assert.is(second.body.operation?.id, first);
  assert.is((await agent.finished(first)).state, 'succeeded');
});

for (const end of ['stop', 'kill'] as const)
  test(`a ${end} right after a start or a restart ends it, and nothing runs`, () => winsWith(end));

async function winsWith(end: 'stop' | 'kill'): Promise<void> {
  await agent.perform(spec());
  for (const [begun, waitMs] of [
    ['start', 0],
    ['start', 300],
    ['restart', 5],
  ] as const) {
    const first = randomUUID();
    await agent.call('POST', `/${begun}`, { operationId: first });
    await delay(waitMs);
    assert.is((await agent.perform(end)).state, 'succeeded');
    const { state, wanted } = await agent.status();
    assert.equal([state, wanted], ['stopped', false], `${begun}, ${waitMs} ms, ${end}`);
    assert.ok((await agent.finished(first)).finishedAt !== null);
  }
  assert.is((await agent.perform('start')).state, 'succeeded');
}

test('an operation that is cancelled before its request comes is refused', async () => {
  await agent.perform(spec());
  const operationId = randomUUID();
  assert.is((await agent.call('POST', `/operations/${operationId}/cancel`, {})).status, 404);
  const late = await agent.call<AgentProblem>('POST', '/start', { operationId });
  assert.equal([late.status, late.body.code], [409, 'AGENT_OPERATION_CANCELLED']);
  assert.is((await agent.status()).state, 'stopped');
});

test('kill interrupts a start that would take for ever', async () => {
  await agent.perform(spec({ launch: { ...spec().launch, env: { FAKE_READY_MS: '600000' } } }));
  const start = randomUUID();
  await agent.call('POST', '/start', { operationId: start });
  await platform.until(({ state }) => state === 'starting');
  const killed = await agent.perform('kill');
  assert.is(killed.state, 'succeeded');
  assert.is((await agent.finished(start)).state, 'cancelled');
  assert.is((await agent.status()).state, 'stopped');
});

test('a cancelled start leaves nothing running', async () => {
  await agent.perform(spec({ launch: { ...spec().launch, env: { FAKE_READY_MS: '600000' } } }));
  const start = randomUUID();
  await agent.call('POST', '/start', { operationId: start });
  await platform.until(({ state }) => state === 'starting');
  assert.is((await agent.call('POST', `/operations/${start}/cancel`, {})).status, 202);
  assert.is((await agent.finished(start)).state, 'cancelled');
  assert.is((await agent.status()).state, 'stopped');
});

test('the console shows the scrollback first, then what happens, and takes commands', async () => {
  await agent.perform(spec());
  await agent.perform('start');
  const viewer = new Viewer(agent);
  await viewer.until('Done (');
  const said = await agent.call('POST', '/console/command', { command: 'say hello there' });
  assert.is(said.status, 204);
  await viewer.until('[Server] hello there');
  viewer.send({ type: 'input', data: 'list\r' });
  await viewer.until('There are 0 of a max of 20 players online');
  // Half a line of somebody who is still typing.
  viewer.send({ type: 'input', data: 'say what is ha' });
  await viewer.until('say what is ha');
  await agent.call('POST', '/console/command', { command: 'say in between' });
  await viewer.until('[Server] in between');
  viewer.send({ type: 'input', data: 'say a whole one\r' });
  await viewer.until('[Server] a whole one');
  viewer.send({ type: 'resize', cols: 100, rows: 30 });
  viewer.send({ type: 'nonsense' });
  assert.is(await viewer.closed, 1008);
  await agent.perform('stop');
  const refused = await agent.call<AgentProblem>('POST', '/console/command', { command: 'list' });
  assert.is(refused.body.code, 'AGENT_NOT_RUNNING');
});

test('an in-game stop is no crash, and nothing starts again', async () => {
  await agent.perform(spec());
  await agent.perform('start');
  await agent.call('POST', '/console/command', { command: 'stop' });
  const status = await platform.until(({ state }) => state === 'stopped');
  assert.is(status.crash, null);
});

test('everything but /health needs the token', async () => {
  const health = await agent.fetch('/health');
  assert.is(health.status, 200);
  for (const path of ['/status', '/ready', '/operations/x', '/nothing', '/health/']) {
    for (const authorization of [
      '',
      'Bearer wrong',
      `Basic ${agent.token}`,
      `Bearer ${agent.token}x`,
    ]) {
      const answer = await agent.fetch(path, { headers: { authorization } });
      assert.is(answer.status, 401, `${path} with "${authorization}"`);
      assert.is(((await answer.json()) as AgentProblem).code, 'AGENT_UNAUTHORIZED');
    }
  }
  const socket = new WebSocket(socketUrlOf(agent.url, '/console'), {
    headers: { authorization: 'Bearer no' },
  });
  const status = await new Promise((resolve) =>
    socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode)),
  );
  assert.is(status, 401);
});

class Viewer {
  readonly #socket: WebSocket;
  readonly closed: Promise<number>;
  #text = '';
  #check = () => {};

  constructor({ url, token }: TestAgent) {
    const options = { headers: { authorization: `Bearer ${token}` } };
    this.#socket = new WebSocket(socketUrlOf(url, '/console'), options);
    this.closed = new Promise((resolve) => this.#socket.on('close', resolve));
    this.#socket.on('message', (data: Buffer, binary) => {
      if (binary) this.#text += data.toString();
      this.#check();
    });
  }

  send(message: unknown): void {
    this.#socket.send(JSON.stringify(message));
  }

  until(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (this.#text.includes(text)) resolve();
      };
      this.#check();
    });
  }
}

test.run();
