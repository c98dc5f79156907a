// time-limit: 300s
/** Operations of plugins and the maintenance they hold, over cancellations and deaths of the agent in each phase. */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentProblem } from './contract/messages.ts';
import { killRunOf } from './testing/marked-run.ts';
import { readShimRecord } from './shim/start.ts';
import { freePort, startFakePlatform, testSpec, type FakePlatform } from './testing/index.ts';
import {
  startUpkeepAgent,
  upkeepPhases,
  upkeepReason,
  type UpkeepAgent,
} from './testing/upkeep-agent.ts';

type Phase = (typeof upkeepPhases)[number];

let platform: FakePlatform;
let agent: UpkeepAgent;
let id: string;

test.before.each(async () => {
  platform = await startFakePlatform();
  agent = await startUpkeepAgent(platform.url);
  await agent.perform(testSpec(await freePort(), { platformUrl: platform.url }));
  id = randomUUID();
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

const held = () => platform.until(({ maintenance }) => maintenance === upkeepReason);
const inPhase = (name: string) =>
  platform.until(
    ({ operation }) => operation?.phases.find((phase) => phase.name === name)?.state === 'running',
  );
const ask = (path: string) => agent.call<AgentProblem>('POST', path, { operationId: randomUUID() });

function letAllGo(): void {
  for (const phase of upkeepPhases) agent.letGo(phase);
}

test('under maintenance starts and stops are refused with its reason; a kill goes by it', async () => {
  await agent.perform('start');
  await agent.work(id);
  await held();
  for (const path of ['/start', '/stop', '/restart']) {
    const { status, body } = await ask(path);
    assert.is(status, 409);
    assert.is(body.code, 'AGENT_MAINTENANCE');
    assert.is(body.detail, `The server is in maintenance: ${upkeepReason}`);
    assert.is(body.operation?.id, id);
  }
  assert.is((await agent.perform('kill')).state, 'succeeded');
  const status = await agent.status();
  assert.is(status.state, 'stopped');
  assert.is(status.maintenance, upkeepReason);
  assert.is(status.operation?.id, id);
  letAllGo();
  assert.is((await agent.finished(id)).state, 'succeeded');
  assert.is((await agent.status()).maintenance, null);
  assert.is((await agent.perform('start')).state, 'succeeded');
});

test('a server that crashes under maintenance waits for its end, also over the death of the agent', async () => {
  await agent.perform('start');
  await agent.work(id);
  await held();
  process.kill(readShimRecord(join(agent.home, 'run'))!.child!.pid, 'SIGKILL');
  const { crash } = await platform.until(({ state }) => state === 'crashed');
  // The time of the start itself has to pass for it to be left out.
  await delay(Math.max(0, Date.parse(crash!.retryAt!) - Date.now()) + 50);
  assert.is((await agent.status()).state, 'crashed');
  await agent.kill('SIGKILL');
  await agent.start();
  const status = await agent.status();
  assert.is(status.state, 'crashed');
  assert.is(status.maintenance, upkeepReason);
  letAllGo();
  await agent.finished(id);
  await platform.until(({ ready, maintenance }) => ready && maintenance === null);
});

test('a machine that went down under maintenance starts its server only after that', async () => {
  await agent.perform('start');
  await agent.work(id);
  await held();
  const { runId, shim, child } = readShimRecord(join(agent.home, 'run'))!;
  await agent.kill('SIGKILL');
  process.kill(shim.pid, 'SIGKILL');
  await killRunOf(runId, child);
  const file = join(agent.home, 'state', 'supervisor.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
  await agent.start();
  assert.is((await agent.status()).state, 'stopped');
  letAllGo();
  const { crash } = await platform.until(({ ready }) => ready);
  assert.is(crash, null);
});

for (const phase of upkeepPhases) {
  test(`killed in phase "${phase}" it goes on there, under the same maintenance`, () =>
    goesOn(phase));
  test(`cancelled in phase "${phase}" it ends there, and the maintenance with it`, () =>
    endsThere(phase));
}

/** Answers the number of the phase. */
async function workUntil(phase: Phase): Promise<number> {
  const index = upkeepPhases.indexOf(phase);
  for (const before of upkeepPhases.slice(0, index)) agent.letGo(before);
  await agent.work(id);
  await inPhase(phase);
  return index;
}

async function goesOn(phase: Phase): Promise<void> {
  const index = await workUntil(phase);
  await agent.kill('SIGKILL');
  await agent.start();
  assert.is((await agent.status()).maintenance, upkeepReason);
  assert.is((await ask('/start')).body.code, 'AGENT_MAINTENANCE');
  letAllGo();
  assert.is((await agent.finished(id)).state, 'succeeded');
  assert.equal(agent.begun(), [...upkeepPhases.slice(0, index + 1), ...upkeepPhases.slice(index)]);
  assert.is((await agent.status()).maintenance, null);
}

async function endsThere(phase: Phase): Promise<void> {
  const index = await workUntil(phase);
  await agent.call('POST', `/operations/${id}/cancel`, {});
  const ended = await agent.finished(id);
  assert.is(ended.state, 'cancelled');
  const after = upkeepPhases.slice(index + 1).map(() => 'skipped');
  assert.equal(
    ended.phases.map(({ state }) => state),
    [...upkeepPhases.slice(0, index).map(() => 'succeeded'), 'cancelled', ...after],
  );
  assert.is((await agent.status()).maintenance, null);
  assert.is((await agent.perform('start')).state, 'succeeded');
}

test('agent killed during a kill under maintenance: both go on', async () => {
  await agent.perform('start');
  await agent.work(id);
  await held();
  const kill = randomUUID();
  const asked = agent.call('POST', '/kill', { operationId: kill }).catch(() => {});
  await asked;
  await agent.kill('SIGKILL');
  await agent.start();
  assert.is((await agent.finished(kill)).state, 'succeeded');
  assert.is((await agent.status()).operation?.id, id);
  assert.is((await agent.status()).maintenance, upkeepReason);
  letAllGo();
  assert.is((await agent.finished(id)).state, 'succeeded');
});

test('a maintenance whose operation nobody knows is over', async () => {
  await agent.kill('SIGKILL');
  writeFileSync(
    join(agent.home, 'state', 'maintenance.json'),
    JSON.stringify({ operationId: id, reason: 'Forgotten.' }),
  );
  await agent.start();
  assert.is((await agent.status()).maintenance, null);
  assert.is((await agent.perform('start')).state, 'succeeded');
});

test.run();
