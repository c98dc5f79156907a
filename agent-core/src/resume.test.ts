// time-limit: 300s
/** The agent's own operations, killed or cancelled in each of their phases, with real processes. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@zlh/kernel';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentOperation } from './contract/operation.ts';
import type { InstanceSpec } from './contract/spec.ts';
import { isRunning } from '@zlh/kernel/process-id';
import { findRunOf } from './testing/marked-run.ts';
import { readShimRecord } from './shim/start.ts';
import { MemoryFile } from './supervisor/memory.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

const silent = {} as Logger;
let platform: FakePlatform;
let agent: TestAgent;
let id: string;

test.before.each(async () => {
  platform = await startFakePlatform();
  agent = await startTestAgent({ platformUrl: platform.url });
  id = randomUUID();
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

/** A server that takes its time to stop (a second, by the ladder) and to start. */
async function slowServer(env: Record<string, string>, change: Partial<InstanceSpec> = {}) {
  const spec = testSpec(await freePort(), {
    platformUrl: platform.url,
    stop: [
      { command: 'stop', waitMs: 1_000 },
      { signal: 'SIGTERM', waitMs: 1_000 },
    ],
    ...change,
  });
  await agent.perform({ ...spec, launch: { ...spec.launch, env } });
  assert.is((await agent.perform('start')).state, 'succeeded');
  const { runId, shim, child } = readShimRecord(join(agent.home, 'run'))!;
  return { runId, shim, child: child! };
}

const begin = (kind: 'start' | 'stop' | 'restart' | 'kill') =>
  agent.call('POST', `/${kind}`, { operationId: id });
const inPhase = (name: string) =>
  platform.until(
    ({ operation }) =>
      operation?.id === id &&
      operation.phases.find((phase) => phase.name === name)?.state === 'running',
  );
const phasesOf = ({ phases }: AgentOperation) => phases.map(({ state }) => state);

async function replaceAgent(): Promise<void> {
  await agent.kill('SIGKILL');
  await agent.start();
}

test('a stop goes on after the death of the agent and ends with nothing running', async () => {
  const { runId, shim, child } = await slowServer({ FAKE_IGNORE_STOP: '1', FAKE_IGNORE_TERM: '1' });
  await begin('stop');
  await inPhase('stop');
  await replaceAgent();
  assert.is((await agent.finished(id)).state, 'succeeded');
  assert.equal(findRunOf(runId, child), []);
  assert.not.ok(isRunning(shim));
  const { state, crash } = await agent.status();
  assert.is(state, 'stopped');
  assert.is(crash, null);
});

test('a cancelled stop leaves the server as it was', async () => {
  const { child } = await slowServer({ FAKE_IGNORE_STOP: '1' });
  await begin('stop');
  await inPhase('stop');
  await agent.call('POST', `/operations/${id}/cancel`, {});
  const ended = await agent.finished(id);
  assert.is(ended.state, 'cancelled');
  assert.ok(isRunning(child));
  const status = await agent.status();
  assert.is(status.state, 'running');
  assert.is(status.ready, true);
});

test('a restart killed while it stops stops once and starts once', async () => {
  const before = await slowServer({ FAKE_IGNORE_STOP: '1', FAKE_IGNORE_TERM: '1' });
  await begin('restart');
  await inPhase('stop');
  await replaceAgent();
  const ended = await agent.finished(id);
  assert.equal(phasesOf(ended), ['succeeded', 'succeeded']);
  assert.not.ok(isRunning(before.child));
  const { runId, child } = readShimRecord(join(agent.home, 'run'))!;
  assert.is(findRunOf(runId, child).length, 1);
  assert.is((await agent.status()).ready, true);
});

test('a restart killed while it starts does not start twice', async () => {
  const before = await slowServer({ FAKE_READY_MS: '1500' });
  await begin('restart');
  await inPhase('start');
  await platform.until(({ state, address }) => state === 'starting' && address !== null);
  const started = readShimRecord(join(agent.home, 'run'))!;
  assert.not.equal(started.runId, before.runId);
  await replaceAgent();
  assert.equal(phasesOf(await agent.finished(id)), ['succeeded', 'succeeded']);
  assert.is(readShimRecord(join(agent.home, 'run'))!.runId, started.runId);
  assert.is(findRunOf(started.runId, started.child).length, 1);
});

test('a restart cancelled while it starts leaves nothing running, and says so', async () => {
  await slowServer({ FAKE_READY_MS: '1500' });
  await begin('restart');
  await inPhase('start');
  await agent.call('POST', `/operations/${id}/cancel`, {});
  assert.equal(phasesOf(await agent.finished(id)), ['succeeded', 'cancelled']);
  assert.is((await agent.status()).state, 'stopped');
});

test('a start cancelled in the last moment of an agent is ended by the next, which leaves nothing running', async () => {
  const spec = testSpec(await freePort(), { platformUrl: platform.url });
  const env = { FAKE_READY_MS: '60000' };
  await agent.perform({ ...spec, launch: { ...spec.launch, env } });
  await begin('start');
  await platform.until(({ state, address }) => state === 'starting' && address !== null);
  const { runId, child } = readShimRecord(join(agent.home, 'run'))!;
  await agent.call('POST', `/operations/${id}/cancel`, {});
  await replaceAgent();
  assert.is((await agent.finished(id)).state, 'cancelled');
  assert.equal(findRunOf(runId, child), []);
  assert.is((await agent.status()).state, 'stopped');
});

test('a server that becomes ready between the cancellation of its start and the next agent is ended all the same', async () => {
  const spec = testSpec(await freePort(), {
    platformUrl: platform.url,
    stop: [
      { command: 'stop', waitMs: 3_000 },
      { signal: 'SIGTERM', waitMs: 3_000 },
    ],
  });
  const env = { FAKE_READY_MS: '500', FAKE_IGNORE_STOP: '1' };
  await agent.perform({ ...spec, launch: { ...spec.launch, env } });
  await begin('start');
  await platform.until(({ state, address }) => state === 'starting' && address !== null);
  const { runId, child } = readShimRecord(join(agent.home, 'run'))!;
  await agent.call('POST', `/operations/${id}/cancel`, {});
  // A server that is being stopped is not told as ready; its memory has it.
  while (new MemoryFile(join(agent.home, 'state'), silent).value.run?.readyAt === null)
    await delay(20);
  await replaceAgent();
  assert.is((await agent.finished(id)).state, 'cancelled');
  assert.equal(findRunOf(runId, child), []);
});

test('a kill asked for in the last moment of an agent is done by the next', async () => {
  const { runId, child } = await slowServer({});
  await begin('kill');
  await replaceAgent();
  assert.is((await agent.finished(id)).state, 'succeeded');
  assert.equal(findRunOf(runId, child), []);
  assert.is((await agent.status()).state, 'stopped');
});

test('an operation that ended is still known to the next agent, its input is not', async () => {
  await slowServer({ SECRET_OF_THE_SPEC: 'not to be kept twice' });
  await begin('stop');
  const ended = await agent.finished(id);
  await replaceAgent();
  assert.equal(await agent.finished(id), ended);
  const journal = readFileSync(join(agent.home, 'state', 'operations.json'), 'utf8');
  assert.not.match(journal, 'not to be kept twice');
});

test.run();
