// time-limit: 300s
/** What the agent makes of killed, hanging and crashing processes; all of them real. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { InstanceSpec } from './contract/spec.ts';
import { isRunning, statProcess } from '@zlh/kernel/process-id';
import { findRunOf } from './testing/marked-run.ts';
import { readShimRecord } from './shim/start.ts';
import type { ShimRecord } from './shim/launch.ts';
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

/** A spec for this test; `env` steers the fake server. */
function spec(env: Record<string, string> = {}, change: Partial<InstanceSpec> = {}): InstanceSpec {
  const whole = testSpec(port, { platformUrl: platform.url, ...change });
  return { ...whole, launch: { ...whole.launch, env } };
}

async function running(
  env: Record<string, string> = {},
  change: Partial<InstanceSpec> = {},
): Promise<ShimRecord> {
  await agent.perform(spec(env, change));
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
  return run();
}

function run(): ShimRecord & { child: NonNullable<ShimRecord['child']> } {
  const record = readShimRecord(`${agent.home}/run`);
  if (record === undefined || record.child === null) throw new Error('nothing runs');
  return { ...record, child: record.child };
}

const command = (line: string) => agent.call('POST', '/console/command', { command: line });

test('a server outlives its killed agent, which finds it ready and asks nothing of it', async () => {
  const before = await running();
  await agent.kill('SIGKILL');
  assert.ok(isRunning(before.child!));
  await agent.start();
  const status = await agent.status();
  assert.is(status.state, 'running');
  assert.is(status.ready, true);
  assert.equal(run().child, before.child);
  assert.is((await agent.perform('stop')).state, 'succeeded');
  // It has told the end, and goes.
  while (isRunning(before.shim)) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('a start cut off by the death of the agent goes on to its end', async () => {
  await agent.perform(spec({ FAKE_READY_MS: '2500' }));
  const operationId = randomUUID();
  await agent.call('POST', '/start', { operationId });
  await platform.until(({ state }) => state === 'starting');
  await agent.kill('SIGKILL');
  await agent.start();
  const operation = await agent.finished(operationId);
  assert.is(operation.state, 'succeeded', JSON.stringify(operation.error));
  const { runId, child } = run();
  assert.is(findRunOf(runId, child).length, 1);
});

test('a program that cannot be launched fails the start with its name, and is started once it can', async () => {
  const program = join(agent.home, 'data', 'game');
  const whole = spec();
  const script = `#!/bin/sh\nexec ${process.execPath} ${whole.launch.args.join(' ')}\n`;
  await agent.perform({ ...whole, launch: { ...whole.launch, command: program, args: [] } });
  const refused = async () => {
    const { state, error } = await agent.perform('start');
    assert.is(state, 'failed');
    assert.is((await agent.status()).state, 'stopped');
    return error!;
  };
  for (const [make, unmake] of [
    [() => {}, () => {}],
    [() => mkdirSync(program), () => rmdirSync(program)],
    [() => writeFileSync(program, script, { mode: 0o644 }), () => {}],
  ] as const) {
    make();
    const { code, detail } = await refused();
    assert.is(code, 'AGENT_COMMAND_MISSING');
    assert.match(detail, program);
    unmake();
  }
  chmodSync(program, 0o755);
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
});

test('a server that stopped by itself while the agent was dead has not crashed', async () => {
  const { child } = await running();
  await command('flood 1');
  await agent.kill('SIGKILL');
  process.kill(child!.pid, 'SIGTERM');
  await gone(child!.pid);
  await agent.start();
  const status = await agent.status();
  assert.is(status.state, 'stopped');
  assert.is(status.crash, null);
});

test('a server killed while the agent was dead is understood and started again', async () => {
  const { child } = await running();
  await agent.kill('SIGKILL');
  process.kill(child!.pid, 'SIGKILL');
  await gone(child!.pid);
  await agent.start();
  const { crash } = await platform.until((status) => status.ready && status.crash !== null);
  assert.is(crash?.reason, 'signal');
  assert.is(crash?.signal, 'SIGKILL');
  assert.not.equal(run().child, child);
});

test('a killed server is started again, ready only after its probe', async () => {
  const { child } = await running();
  process.kill(child!.pid, 'SIGKILL');
  const crashed = await platform.until(({ state }) => state === 'crashed');
  assert.is(crashed.crash?.reason, 'signal');
  assert.is(crashed.crash?.count, 1);
  assert.is(crashed.ready, false);
  await platform.until(({ state, ready, crash }) => state === 'running' && ready && crash !== null);
});

test('a killed shim takes its server along, and both are replaced', async () => {
  const before = await running({ FAKE_IGNORE_TERM: '1' });
  await command('child detached');
  process.kill(before.shim.pid, 'SIGKILL');
  const { crash } = await platform.until((status) => status.ready && status.crash !== null);
  assert.is(crash?.reason, 'signal');
  assert.equal(findRunOf(before.runId, before.child), []);
  assert.not.equal(run().shim, before.shim);
});

test('a stop leaves no child behind, not even one in a session of its own', async () => {
  const before = await running();
  await command('child');
  await command('child detached');
  await until(() => findRunOf(before.runId, before.child).length === 3);
  assert.is((await agent.perform('stop')).state, 'succeeded');
  assert.equal(findRunOf(before.runId, before.child), []);
});

test('a server deaf to its stop command is terminated, and killed when deaf to that', async () => {
  const stop: InstanceSpec['stop'] = [
    { command: 'stop', waitMs: 200 },
    { signal: 'SIGTERM', waitMs: 200 },
  ];
  const { child } = await running({ FAKE_IGNORE_STOP: '1', FAKE_IGNORE_TERM: '1' }, { stop });
  assert.is((await agent.perform('stop')).state, 'succeeded');
  assert.not.ok(isRunning(child!));
  assert.is((await agent.status()).crash, null);
});

test('a server that crashes again and again is given up, and says so', async () => {
  await agent.perform(spec({ FAKE_CRASH: 'after-ready', FAKE_EXIT_CODE: '7' }));
  await agent.perform('start');
  const { crash } = await platform.until((status) => status.crash?.gaveUp === true, 30_000);
  assert.is(crash?.count, 3);
  assert.is(crash?.reason, 'exit-code');
  assert.is(crash?.exitCode, 7);
  assert.is(crash?.retryAt, null);
  await agent.kill('SIGKILL');
  await agent.start();
  assert.is((await agent.status()).state, 'crashed');
  assert.is((await agent.status()).crash?.gaveUp, true);
});

for (const [how, reason] of [
  ['oom', 'out-of-memory'],
  ['port', 'port-taken'],
  ['before-ready', 'exit-code'],
] as const) {
  test(`a start that fails with "${how}" says ${reason}`, () => failsWith(how, reason));
}

async function failsWith(how: string, reason: string): Promise<void> {
  const crash = { ...spec().crash, maxCrashes: 1 };
  await agent.perform(spec({ FAKE_CRASH: how }, { crash }));
  const started = await agent.perform('start');
  assert.is(started.state, 'failed');
  assert.is(started.error?.code, `AGENT_SERVER_${reason.replaceAll('-', '_').toUpperCase()}`);
  assert.is((await agent.status()).crash?.reason, reason);
}

test('a server that never becomes ready is ended and says so', async () => {
  const crash = { ...spec().crash, maxCrashes: 1 };
  const probe = { ...spec().probe, startupTimeoutMs: 700 };
  await agent.perform(spec({ FAKE_READY_MS: '600000' }, { crash, probe }));
  const started = await agent.perform('start');
  assert.is(started.error?.code, 'AGENT_SERVER_NEVER_READY');
  assert.is((await agent.status()).state, 'crashed');
});

test('a port in other hands fails the start before anything is launched', async () => {
  await agent.perform(spec());
  const squatter = createServer().listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  const started = await agent.perform('start');
  assert.is(started.error?.code, 'AGENT_PORT_TAKEN');
  assert.is((await agent.status()).state, 'stopped');
  squatter.close();
  await once(squatter, 'close');
  assert.is((await agent.perform('start')).state, 'succeeded');
});

test('a frozen server is not ready, and ready again when it goes on', async () => {
  const probe = { ...spec().probe, timeoutMs: 200 };
  const { child } = await running({}, { probe });
  process.kill(child!.pid, 'SIGSTOP');
  await platform.until(({ state, ready }) => state === 'running' && !ready);
  process.kill(child!.pid, 'SIGCONT');
  await platform.until(({ ready }) => ready);
  process.kill(child!.pid, 'SIGSTOP');
  assert.is((await agent.perform('kill')).state, 'succeeded');
  assert.not.ok(isRunning(child!));
});

test('the environment of the agent does not reach the game', async () => {
  process.env.ZLH_TEST_SECRET = 'not for games';
  const { child } = await running();
  const { readFileSync } = await import('node:fs');
  const names = readFileSync(`/proc/${child!.pid}/environ`, 'utf8')
    .split('\0')
    .map((each) => each.split('=')[0]);
  assert.equal(names.filter((name) => name !== '').sort(), [
    'HOME',
    'LANG',
    'PATH',
    'PWD',
    'TERM',
    'ZLH_RUN',
  ]);
});

async function gone(pid: number): Promise<void> {
  await until(() => statProcess(pid) === undefined);
}

/** Processes tell nobody when they end: looked at until it is so. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test.run();
