// time-limit: 300s
/** What the next agent finds after crashes, stops and ends of the machine, and what it makes of it; all processes are real. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { InstanceSpec } from './contract/spec.ts';
import { isRunning } from '@zlh/kernel/process-id';
import { readShimRecord } from './shim/start.ts';
import type { SupervisorMemory } from './supervisor/memory.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

let platform: FakePlatform;
let agent: TestAgent;
let port: number;

test.before.each(async () => {
  platform = await startFakePlatform();
  port = await freePort();
  agent = await startTestAgent({ platformUrl: platform.url });
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

function spec(change: Partial<InstanceSpec> = {}): InstanceSpec {
  return testSpec(port, { platformUrl: platform.url, ...change });
}

/** Nothing starts by itself while a test looks. */
const slowRetry = { ...testSpec(1).crash, backoffInitialMs: 600_000, backoffMaxMs: 600_000 };

async function running(change: Partial<InstanceSpec> = {}) {
  await agent.perform(spec(change));
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
  const record = readShimRecord(join(agent.home, 'run'));
  if (record === undefined || record.child === null) throw new Error('nothing runs');
  return { ...record, child: record.child };
}

async function crashed(): Promise<void> {
  const { child } = await running({ crash: slowRetry });
  process.kill(child.pid, 'SIGKILL');
  await platform.until(({ state }) => state === 'crashed');
}

async function replaceAgent(): Promise<void> {
  await agent.kill('SIGKILL');
  await agent.start();
}

const command = (line: string) => agent.call('POST', '/console/command', { command: line });

async function assertStopped(): Promise<void> {
  const { state, crash } = await agent.status();
  assert.equal([state, crash], ['stopped', null]);
}

for (const how of ['stop', 'kill'] as const) {
  test(`a crashed server that was told to ${how} is stopped, also for the next agent`, () =>
    staysStopped(how));
}

async function staysStopped(how: 'stop' | 'kill'): Promise<void> {
  await crashed();
  assert.is((await agent.perform(how)).state, 'succeeded');
  await assertStopped();
  await replaceAgent();
  await assertStopped();
}

for (const end of ['stop', 'kill', 'from inside'] as const) {
  test(`the crash before is forgotten when the server ends stopped: ${end}`, () => forgets(end));
}

async function forgets(end: 'stop' | 'kill' | 'from inside'): Promise<void> {
  const { child } = await running();
  process.kill(child.pid, 'SIGKILL');
  await platform.until(({ ready, crash }) => ready && crash !== null);
  if (end === 'from inside') await command('stop');
  else assert.is((await agent.perform(end)).state, 'succeeded');
  await platform.until(({ state }) => state === 'stopped');
  await assertStopped();
  await replaceAgent();
  await assertStopped();
}

test('a crashed server whose agent is shut down with it goes on waiting with the next agent', async () => {
  await crashed();
  const { crash } = await agent.status();
  await agent.call('POST', '/shutdown', { stopServer: true });
  await agent.exited();
  await agent.start();
  const status = await agent.status();
  assert.is(status.state, 'crashed');
  assert.equal(status.crash, crash);
});

test('a stop cut off between its two notes has stopped a crashed server all the same', async () => {
  await crashed();
  await agent.kill('SIGKILL');
  remember((memory) => ({ ...memory, wanted: false }));
  await agent.start();
  await assertStopped();
});

for (const alive of [false, true])
  test(`a server whose agent died over ending it for its silence has hung: ${alive ? 'it lives on' : 'it is dead'}`, () =>
    isHung(alive));

async function isHung(alive: boolean): Promise<void> {
  const { child, shim } = await running({ crash: slowRetry });
  await agent.kill('SIGKILL');
  if (!alive) {
    process.kill(child.pid, 'SIGKILL');
    while (isRunning(shim)) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  remember(({ run, ...memory }) => ({ ...memory, run: run && { ...run, endedFor: 'hung' } }));
  await agent.start();
  const { crash } = await platform.until(({ state }) => state === 'crashed');
  assert.equal([crash!.reason, isRunning(child)], ['hung', false]);
}

/** What is on disk is of the boot before. */
function rebooted({ run, quitIn = null, ...memory }: SupervisorMemory): SupervisorMemory {
  const bootId = 'of the machine that went down';
  return { ...memory, run: run && { ...run, bootId }, quitIn: quitIn && bootId };
}

test('a server that ended in peace because the machine went down comes back with it', async () => {
  const { child, shim } = await running();
  await agent.kill('SIGKILL');
  process.kill(child.pid, 'SIGTERM');
  while (isRunning(shim)) await new Promise((resolve) => setTimeout(resolve, 10));
  remember(rebooted);
  await agent.start();
  const { crash } = await platform.until(({ ready }) => ready);
  assert.is(crash, null);
});

test('a server that ended a moment before its agent comes back if the machine went down', async () => {
  const { child } = await running();
  process.kill(child.pid, 'SIGTERM');
  await platform.until(({ state }) => state === 'stopped');
  await agent.kill('SIGTERM');
  remember(rebooted);
  await agent.start();
  const { crash } = await platform.until(({ ready }) => ready);
  assert.is(crash, null);
});

test('a server that was stopped a moment before the machine went down stays stopped', async () => {
  await running();
  await agent.perform('stop');
  await agent.kill('SIGTERM');
  remember(rebooted);
  await agent.start();
  await assertStopped();
});

/** Changes what the agent remembers while it is dead. */
function remember(change: (memory: SupervisorMemory) => SupervisorMemory): void {
  const path = join(agent.home, 'state', 'supervisor.json');
  const memory = JSON.parse(readFileSync(path, 'utf8')) as SupervisorMemory;
  writeFileSync(path, JSON.stringify(change(memory)));
}

test.run();
