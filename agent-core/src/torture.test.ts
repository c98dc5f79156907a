// time-limit: 400s
/**
 * What is done to servers in the wild, with real processes: killed halves, frozen ones, full disks, taken ports, clocks
 * that jump. State and history say what happened each time, and nothing is left behind.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../test/runner/needs.ts';
import type { CrashPage, CrashRecord, UptimePage } from './contract/history.ts';
import type { InstanceSpec } from './contract/spec.ts';
import { isRunning } from '@zlh/kernel/process-id';
import { findRunOf } from './testing/marked-run.ts';
import { readShimRecord } from './shim/start.ts';
import type { SupervisorMemory } from './supervisor/memory.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';
import { smallDisk } from './testing/small-disk.ts';

const root = await needs.root();
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

async function running(change: Partial<InstanceSpec> = {}) {
  await agent.perform(spec(change));
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
  const record = readShimRecord(join(agent.home, 'run'));
  if (record === undefined || record.child === null) throw new Error('nothing runs');
  return { ...record, child: record.child };
}

const command = (line: string) => agent.call('POST', '/console/command', { command: line });
const crashes = async () => (await agent.call<CrashPage>('GET', '/crashes')).body.items;
const uptime = async () => (await agent.call<UptimePage>('GET', '/uptime')).body.items;

/** Changes what the agent remembers while it is dead. */
function remember(change: (memory: SupervisorMemory) => SupervisorMemory): void {
  const path = join(agent.home, 'state', 'supervisor.json');
  const memory = JSON.parse(readFileSync(path, 'utf8')) as SupervisorMemory;
  writeFileSync(path, JSON.stringify(change(memory)));
}

/** Processes tell nobody when they begin: looked at until it is so. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a killed server takes all its children along before it is started again', async () => {
  const { runId, child } = await running();
  await command('child');
  await command('child detached');
  await until(() => findRunOf(runId, child).length === 3);
  process.kill(child.pid, 'SIGKILL');
  await platform.until(({ state }) => state === 'crashed');
  assert.equal(findRunOf(runId, child), []);
  const { crash } = await platform.until(({ ready }) => ready);
  const [record] = await crashes();
  assert.is(record?.id, crash?.id);
  assert.is(record?.reason, 'signal');
  assert.is(record?.detail, 'It was ended from outside (SIGKILL).');
  assert.is(record?.wasReady, true);
  assert.ok(
    record!.lastLines.some((line) => /^\[.*\]: child \d+$/.test(line)),
    String(record?.lastLines),
  );
});

test('a killed child of the server is no matter of the agent', async () => {
  const { runId, child } = await running();
  await command('child');
  await until(() => findRunOf(runId, child).length === 2);
  const { pid } = findRunOf(runId, child).find((each) => each.pid !== child.pid)!;
  process.kill(pid, 'SIGKILL');
  await until(() => findRunOf(runId, child).length === 1);
  assert.is((await agent.status()).ready, true);
  assert.is((await agent.perform('stop')).state, 'succeeded');
  assert.equal(findRunOf(runId, child), []);
  assert.equal(await crashes(), []);
});

test('a frozen server is told as unresponsive, and can be stopped', async () => {
  const { child } = await running({
    probe: { ...spec().probe, timeoutMs: 200 },
    stop: [{ command: 'stop', waitMs: 200 }],
  });
  process.kill(child.pid, 'SIGSTOP');
  const frozen = await platform.until(({ unresponsiveSince }) => unresponsiveSince !== null);
  assert.is(frozen.state, 'running');
  assert.is(frozen.ready, false);
  assert.is(frozen.readySince, null);
  assert.is((await agent.call('GET', '/ready')).status, 503);
  assert.is((await agent.perform('stop')).state, 'succeeded');
  assert.not.ok(isRunning(child));
  assert.is((await agent.status()).unresponsiveSince, null);
  assert.equal(await crashes(), []);
  const [period] = await uptime();
  assert.is(period?.end, 'stopped');
  assert.ok(period!.readyMs > 0);
});

test('a server that hangs longer than its game allows is ended and started again', async () => {
  const { child } = await running({
    probe: { ...spec().probe, timeoutMs: 200 },
    crash: { ...spec().crash, hangAfterMs: 300 },
  });
  process.kill(child.pid, 'SIGSTOP');
  const { crash } = await platform.until(({ crash, ready }) => crash !== null && ready);
  assert.is(crash?.reason, 'hung');
  assert.match(
    crash!.detail,
    /^It did not answer any more and was ended\. The probe "[\w.]+" said last: ./,
  );
  assert.not.ok(isRunning(child));
});

test('a server that is silent while it stops is given all the time of its stop', async () => {
  await running({
    probe: { ...spec().probe, timeoutMs: 200 },
    crash: { ...spec().crash, hangAfterMs: 1_000 },
    stop: [{ command: 'say I do not stop for this', waitMs: 3_000 }],
  });
  await command('mute');
  const begun = performance.now();
  assert.is((await agent.perform('stop')).state, 'succeeded');
  assert.ok(performance.now() - begun >= 3_000);
  assert.equal(await crashes(), []);
});

test('a port taken between crash and start is told, and the server comes back when it is free', async () => {
  const crash = { ...spec().crash, backoffInitialMs: 300, maxCrashes: 100 };
  const { child } = await running({ crash });
  process.kill(child.pid, 'SIGKILL');
  await platform.until(({ state }) => state === 'crashed');
  const squatter = createServer().listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  const taken = await platform.until((status) => status.crash?.reason === 'port-taken');
  assert.is(taken.state, 'crashed');
  assert.match(taken.crash!.detail, `Port ${port}/tcp ("game") is in use by another program.`);
  squatter.close();
  await platform.until(({ ready }) => ready);
  const [last, first] = await crashes();
  assert.is(last?.runId, null);
  assert.is(first?.reason, 'signal');
});

for (const [what, years] of [
  ['forwards', 1],
  ['backwards', -1],
] as const) {
  test(`a clock that jumped ${what} neither delays a retry nor ends a start`, () =>
    survivesJump(years));
}

async function survivesJump(years: number): Promise<void> {
  const jumped = (iso: string) => {
    const time = new Date(iso);
    time.setFullYear(time.getFullYear() - years);
    return time.toISOString();
  };
  const { child } = await running({ crash: { ...spec().crash, backoffInitialMs: 300 } });
  process.kill(child.pid, 'SIGKILL');
  await platform.until(({ state }) => state === 'crashed');
  await agent.kill('SIGKILL');
  remember(({ crash, ...rest }) => ({
    ...rest,
    crash: { ...crash!, at: jumped(crash!.at), retryAt: jumped(crash!.retryAt!) },
  }));
  await agent.start();
  await platform.until(({ ready }) => ready);

  // And once more in the middle of a start, where the launch seems to be a year away.
  const slow = spec({ revision: 2 });
  slow.launch.env.FAKE_READY_MS = '2500';
  await agent.perform('stop');
  await agent.perform(slow);
  const operationId = '00000000-0000-4000-8000-000000000001';
  await agent.call('POST', '/start', { operationId });
  await platform.until(({ state, address }) => state === 'starting' && address !== null);
  await agent.kill('SIGKILL');
  remember(({ run, ...rest }) => ({
    ...rest,
    run: { ...run!, startedAt: jumped(run!.startedAt) },
  }));
  await agent.start();
  assert.is((await agent.finished(operationId)).state, 'succeeded');
  const [record] = await crashes();
  assert.ok(record!.uptimeMs! >= 0 && record!.uptimeMs! < 60_000, String(record?.uptimeMs));
}

when(root)('a full disk is told, costs no control, and is over when there is room', async () => {
  using disk = smallDisk(65_536);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = disk.folder;
  const cramped = await startTestAgent({ platformUrl: platform.url });
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  try {
    await cramped.perform(spec());
    assert.is((await cramped.perform('start')).state, 'succeeded');
    disk.fill();
    process.kill(readShimRecord(join(cramped.home, 'run'))!.child!.pid, 'SIGKILL');
    const { crash } = await platform.until((status) => status.crash !== null);
    assert.is(crash?.reason, 'disk-full');
    assert.is(crash?.detail, 'The disk is full (SIGKILL).');
    assert.is((await cramped.perform('stop')).state, 'succeeded');
    assert.is((await cramped.status()).state, 'stopped');
    disk.free();
    assert.is((await cramped.perform('start')).state, 'succeeded');
    await cramped.kill('SIGKILL');
    await cramped.start();
    const { items } = (await cramped.call<CrashPage>('GET', '/crashes')).body;
    assert.is(items.at(-1)?.reason, 'disk-full');
    assert.is((await cramped.perform('stop')).state, 'succeeded');
  } finally {
    await cramped.end();
  }
});

test('history is told in pages, newest first, and survives the death of the agent', async () => {
  const { child } = await running({ crash: { ...spec().crash, maxCrashes: 3 } });
  await agent.kill('SIGKILL');
  process.kill(child.pid, 'SIGKILL');
  await agent.start();
  await platform.until(({ ready, crash }) => ready && crash?.count === 1);
  await command('crash 9');
  await platform.until(({ crash }) => crash?.count === 2);
  const page = (query: string) => agent.call<CrashPage>('GET', `/crashes?${query}`);
  const first = (await page('limit=1')).body;
  assert.is(first.items[0]?.exitCode, 9);
  assert.ok(first.items[0]!.uptimeMs! > 0);
  const second = (await page(`limit=1&cursor=${first.nextCursor}`)).body;
  assert.is(second.items[0]?.signal, 'SIGKILL');
  assert.is(second.nextCursor, null);
  for (const wrong of ['limit=0', 'limit=201', 'limit=x'])
    assert.is((await page(wrong)).status, 422);
  await platform.until(({ ready }) => ready);
  const periods = await uptime();
  assert.equal(
    periods.map(({ end }) => end),
    [null, 'crashed', 'crashed'],
  );
  assert.equal(
    periods.slice(1).map(({ crashId }) => crashId),
    (await crashes()).map(({ id }: CrashRecord) => id),
  );
});

test.run();
