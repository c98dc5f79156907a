/** How agents end and begin: shutdown with and without the game, a reboot, a token that is no secret. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { InstanceSpec } from './contract/spec.ts';
import { isRunning } from '@zlh/kernel/process-id';
import { killRunOf } from './testing/marked-run.ts';
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
  assert.is((await agent.perform('start')).state, 'succeeded');
  const record = readShimRecord(join(agent.home, 'run'));
  if (record === undefined || record.child === null) throw new Error('nothing runs');
  return { ...record, child: record.child };
}

/** The machine goes down: all processes are gone, and the boot has another id. */
async function reboot(): Promise<void> {
  const { runId, shim, child } = readShimRecord(join(agent.home, 'run'))!;
  await agent.kill('SIGKILL');
  process.kill(shim.pid, 'SIGKILL');
  await killRunOf(runId, child);
  const file = join(agent.home, 'state', 'supervisor.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
  await agent.start();
}

test('a shutdown alone leaves the game running for the next agent', async () => {
  const { child } = await running();
  assert.is((await agent.call('POST', '/shutdown', { stopServer: false })).status, 202);
  await agent.exited();
  assert.ok(isRunning(child));
  await agent.start();
  assert.is((await agent.status()).ready, true);
});

test('a shutdown with the server stops it gracefully first', async () => {
  const { child, shim } = await running();
  await agent.call('POST', '/shutdown', { stopServer: true });
  await agent.exited();
  assert.not.ok(isRunning(child));
  assert.not.ok(isRunning(shim));
  assert.match(readFileSync(join(agent.home, 'data', 'saved.txt'), 'utf8'), /^\d+$/);
});

test('a server that is stopped with its agent stays wanted; one that a player stops is not', async () => {
  await running();
  await platform.until(({ ready, wanted }) => ready && wanted === true);
  const seen = platform.reports.length;
  await agent.call('POST', '/shutdown', { stopServer: true });
  await agent.exited();
  const said = platform.reports.slice(seen).map(({ status }) => status);
  assert.ok(said.some(({ state }) => state === 'stopping'));
  assert.ok(said.every(({ wanted }) => wanted === true));
  await agent.start();
  await platform.until(({ state, ready }) => state === 'running' && ready);
  await agent.call('POST', '/console/command', { command: 'stop' });
  const { crash } = await platform.until(({ state, wanted }) => state === 'stopped' && !wanted);
  assert.is(crash, null);
});

test('after a reboot a wanted server starts by itself and has not crashed', async () => {
  await running();
  await reboot();
  const status = await platform.until(({ state, ready }) => state === 'running' && ready);
  assert.is(status.crash, null);
});

test('after a reboot a server without autostart stays down', async () => {
  await running({ autostart: false });
  await reboot();
  const status = await agent.status();
  assert.is(status.state, 'stopped');
  assert.is(status.crash, null);
});

test('a token that others can read is refused in one sentence', async () => {
  await agent.kill();
  chmodSync(join(agent.home, 'agent-token'), 0o644);
  const error = await agent.start().then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.match(error?.message ?? '', 'can be read by other users. Run "chmod 600');
  assert.not.match(error?.message ?? '', 'failed to stop');
});

test.run();
