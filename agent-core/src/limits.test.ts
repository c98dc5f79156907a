// time-limit: 240s
/** Limits as the kernel of this machine enforces them on a real game, and what is left of them: nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../test/runner/needs.ts';
import type { UsageReply } from './contract/history.ts';
import type { InstanceSpec } from './contract/spec.ts';
import { readJsonFile } from './lib/atomic-file.ts';
import { ControlGroups } from './process/groups/control-groups.ts';
import { kernelGroupFiles } from './process/groups/group-files.ts';
import { findOwnGroups } from './process/groups/own-groups.ts';
import { RunGroup } from './process/groups/run-group.ts';
import { killRunOf } from './testing/marked-run.ts';
import { readShimRecord } from './shim/start.ts';
import type { SupervisorMemory } from './supervisor/memory.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

const groups = await needs('control groups', () => {
  const read = (path: string) => readFileSync(path, 'utf8');
  const own = findOwnGroups(read('/proc/self/cgroup'), read('/proc/self/mountinfo'));
  const { kind, obstacle } = new ControlGroups(kernelGroupFiles, own, 'test');
  if (obstacle !== null) throw new Error(obstacle.replace(/\.$/, ''));
  return kind;
});

let platform: FakePlatform;
let agent: TestAgent;

test.before.each(async () => {
  platform = await startFakePlatform();
  const env = { ZLH_AGENT_HEARTBEAT_MS: '300' };
  agent = await startTestAgent({ platformUrl: platform.url, env });
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

async function running(change: Partial<InstanceSpec>): Promise<RunGroup> {
  const spec = testSpec(await freePort(), { platformUrl: platform.url, ...change });
  await agent.perform(spec);
  assert.is((await agent.perform('start')).state, 'succeeded');
  const memory = readJsonFile(join(agent.home, 'state/supervisor.json')) as SupervisorMemory;
  return new RunGroup(memory.run!.group!, kernelGroupFiles);
}

function nextReport() {
  const seen = platform.reports.length;
  return platform.until(() => platform.reports.length > seen);
}

const command = (line: string) => agent.call('POST', '/console/command', { command: line });

when(groups)(
  'a game that needs more memory than it may have is ended for that, and for nothing else',
  async (kind) => {
    const group = await running({ memoryMiB: 128 });
    assert.is((await agent.status()).limits, kind);
    await command('eat 300');
    const { crash } = await platform.until(({ state }) => state === 'crashed');
    assert.is(crash?.reason, 'out-of-memory');
    assert.match(crash?.detail ?? '', 'because memory ran out; it may have 128 MiB');
    assert.not.ok(group.paths.some(existsSync));
    await platform.until(({ ready }) => ready);
  },
);

when(groups)('the agent and the shim are not in the group of their game', async () => {
  const group = await running({});
  const { shim, child } = readShimRecord(join(agent.home, 'run'))!;
  assert.equal(group.members(), [child!.pid]);
  assert.not.ok(group.members().includes(shim.pid));
  assert.is((await agent.perform('stop')).state, 'succeeded');
  assert.not.ok(group.paths.some(existsSync));
});

when(groups)('a game gets no more processor time than it may have', async () => {
  await running({ limits: { cpuPercent: 20 } });
  // No plugin that keeps the disk's is in this agent, and of processes the spec says nothing.
  assert.equal((await agent.status()).enforced, ['memoryMiB', 'cpuPercent']);
  await command('burn');
  const busy = await platform.until(({ usage }) => (usage?.cpuPercent ?? 0) > 10);
  assert.ok(busy.usage!.processes! >= 1);
  for (let beats = 0; beats < 5; beats++) {
    const { usage } = await nextReport();
    assert.ok(usage!.cpuPercent! < 45, `${usage?.cpuPercent} %`);
  }
  const used = await platform.until(({ usage }) => (usage?.diskBytes ?? 0) > 0);
  const { body } = await agent.call<UsageReply>('GET', '/usage');
  assert.is(body.memoryLimitBytes, 256 * 2 ** 20);
  assert.is(body.disk?.usedBytes, used.usage?.diskBytes);
  assert.ok(body.disk!.freeBytes! > 0);
  assert.ok(body.samples.length >= 2);
  // The first may show the moment before the game had entered its group.
  const { memoryBytes, processes } = body.samples.at(-1)!;
  assert.ok(memoryBytes > 0 && processes > 0);
});

when(groups)('a game makes no more processes than it may', async () => {
  const group = await running({ limits: { processes: 40 } });
  for (let i = 0; i < 8; i++) await command('child');
  const folder = group.folders.pids!;
  const refused = () => /^max [1-9]/m.test(readFileSync(join(folder, 'pids.events'), 'latin1'));
  while (!refused()) await delay(20); // the kernel tells nobody
  assert.ok(Number(readFileSync(join(folder, 'pids.current'), 'latin1')) <= 40);
  assert.is((await agent.perform('stop')).state, 'succeeded');
});

when(groups)(
  'agent, shim and game killed at once leave no group behind the next agent',
  async () => {
    const group = await running({});
    const { runId, shim, child } = readShimRecord(join(agent.home, 'run'))!;
    await agent.kill('SIGKILL');
    process.kill(shim.pid, 'SIGKILL');
    await killRunOf(runId, child);
    assert.ok(group.paths.every(existsSync));
    await agent.start();
    assert.not.ok(group.paths.some(existsSync));
    await platform.until(({ ready, crash }) => ready && crash?.reason === 'signal');
  },
);

test.run();
