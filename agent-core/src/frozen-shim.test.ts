// time-limit: 300s
/** A shim that answers nobody any more, at each moment of its life: its server can be ended, and nothing is left of either. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { InstanceSpec } from './contract/spec.ts';
import { isRunning, statProcess } from '@zlh/kernel/process-id';
import { findShim } from './process/tree.ts';
import { findRunOf, killRunOf } from './testing/marked-run.ts';
import { SHIM_MARK } from './shim/launch.ts';
import { readShimRecord } from './shim/start.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

let platform: FakePlatform;
let agent: TestAgent;

test.before.each(async () => {
  platform = await startFakePlatform();
  agent = await startTestAgent({ platformUrl: platform.url });
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

async function running(change: Partial<InstanceSpec> = {}) {
  await agent.perform(testSpec(await freePort(), { platformUrl: platform.url, ...change }));
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
  const record = readShimRecord(join(agent.home, 'run'));
  if (record === undefined || record.child === null) throw new Error('nothing runs');
  return { ...record, child: record.child };
}

/** Processes tell nobody when they begin: looked at until it is so. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function frozen(change: Partial<InstanceSpec> = {}) {
  const run = await running(change);
  await agent.call('POST', '/console/command', { command: 'child detached' });
  await until(() => findRunOf(run.runId, run.child).length === 2);
  process.kill(run.shim.pid, 'SIGSTOP');
  await until(() => statProcess(run.shim.pid)?.state === 'T');
  return run;
}

for (const how of ['stop', 'kill'] as const)
  test(`a server whose shim is frozen ends with all that is its own: ${how}`, () => endsWhole(how));

async function endsWhole(how: 'stop' | 'kill'): Promise<void> {
  const run = await frozen({ stop: [{ command: 'stop', waitMs: 100 }] });
  const ended = await agent.perform(how);
  assert.is(ended.state, 'succeeded', JSON.stringify(ended.error));
  assert.equal(findRunOf(run.runId, run.child), []);
  assert.not.ok(isRunning(run.shim));
  const { state, crash } = await agent.status();
  assert.equal([state, crash], ['stopped', null]);
  assert.is((await agent.perform('start')).state, 'succeeded');
}

test('why a server is being ended is on disk before it is', async () => {
  const crash = { ...testSpec(1).crash, backoffInitialMs: 600_000, hangAfterMs: 100 };
  const run = await frozen({ crash });
  process.kill(run.child.pid, 'SIGSTOP');
  const path = join(agent.home, 'state', 'supervisor.json');
  await until(() => readFileSync(path, 'utf8').includes('"endedFor":"hung"'));
  await agent.kill('SIGKILL');
  await agent.start();
  const { crash: told } = await platform.until(({ state }) => state === 'crashed');
  assert.is(told!.reason, 'hung');
  assert.equal(findRunOf(run.runId, run.child), []);
});

test('a start finds out that the server it would leave running is dead', async () => {
  const { runId, child } = await frozen({ crash: { ...testSpec(1).crash, maxCrashes: 0 } });
  process.kill(child.pid, 'SIGKILL');
  await until(() => !isRunning(child));
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
  assert.equal(findRunOf(runId, child), []);
  assert.ok(isRunning(readShimRecord(join(agent.home, 'run'))!.child!));
});

test('a frozen shim that the next agent finds keeps no server from being killed', async () => {
  const run = await frozen();
  await agent.kill('SIGKILL');
  await agent.start();
  assert.is((await agent.status()).state, 'running');
  assert.is((await agent.perform('kill')).state, 'succeeded');
  assert.equal(findRunOf(run.runId, run.child), []);
  assert.not.ok(isRunning(run.shim));
});

test('a shim that does not get on with its launch is ended before another is started', async () => {
  const { runId, shim, child } = await running();
  await agent.kill('SIGKILL');
  process.kill(shim.pid, 'SIGKILL');
  await killRunOf(runId, child);
  rmSync(join(agent.home, 'run', 'shim.json'));
  // It waits for a request that nobody completes.
  const main = fileURLToPath(new URL('./shim/main.ts', import.meta.url));
  const stuck = spawn(process.execPath, ['--conditions=zlh-source', main], {
    cwd: join(agent.home, 'run'),
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { [SHIM_MARK]: runId },
  });
  await until(() => findShim(runId) !== undefined);
  await agent.start();
  await platform.until(({ ready }) => ready);
  assert.is(findShim(runId), undefined);
  assert.is(stuck.signalCode, 'SIGKILL');
});

test.run();
