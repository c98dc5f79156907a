// time-limit: 120s
/** A process that nothing can kill: the agent lacks the right to signal another user's, as it would in state D. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../../test/runner/needs.ts';
import { readJsonFile } from './lib/atomic-file.ts';
import { findRunOf } from './testing/marked-run.ts';
import { readShimRecord } from './shim/start.ts';
import type { SupervisorMemory } from './supervisor/memory.ts';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

const under = ['setpriv', '--bounding-set=-kill', '--inh-caps=-kill'];
const root = await needs('root, to take the right to kill from an agent', () => {
  if (process.getuid?.() !== 0) throw new Error('the tests run as an ordinary user');
  execFileSync(under[0]!, [...under.slice(1), 'true']);
  return true;
});

const user = { uid: 65_534, gid: 65_534 };
let platform: FakePlatform;
let agent: TestAgent;

test.before.each(async () => {
  platform = await startFakePlatform();
  agent = await startTestAgent({ platformUrl: platform.url, under });
});
test.after.each(async () => {
  await agent.end();
  await platform.close();
});

/** The processes of the game that runs. */
async function running(): Promise<() => number[]> {
  const stop = [{ command: 'help', waitMs: 200 }];
  await agent.perform(testSpec(await freePort(), { platformUrl: platform.url, user, stop }));
  const started = await agent.perform('start');
  assert.is(started.state, 'succeeded', JSON.stringify(started.error));
  const { runId, child } = readShimRecord(join(agent.home, 'run'))!;
  return () => findRunOf(runId, child).map(({ pid }) => pid);
}

const command = (line: string) => agent.call('POST', '/console/command', { command: line });
const memory = () => readJsonFile(join(agent.home, 'state/supervisor.json')) as SupervisorMemory;

async function refused(what: 'start' | 'stop' | 'kill' | 'restart'): Promise<void> {
  const { state, error } = await agent.perform(what);
  assert.equal([what, state, error?.code], [what, 'failed', 'AGENT_UNKILLABLE']);
}

when(root)(
  'nothing is started beside a server that cannot be killed, until it has ended',
  async () => {
    const processes = await running();
    const before = processes();
    await refused('stop');
    assert.is((await agent.status()).state, 'stopping');
    for (const what of ['kill', 'start', 'restart'] as const) await refused(what);
    assert.equal(processes(), before);

    await command('exit 0');
    await platform.until(({ state }) => state === 'stopped');
    assert.is((await agent.perform('start')).state, 'succeeded');
    await command('exit 0');
    await platform.until(({ state }) => state === 'stopped');
  },
);

when(root)(
  'what a crashed server leaves is waited for, across the death of the agent',
  async () => {
    const processes = await running();
    await command('child detached');
    while (processes().length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    const { id } = memory().run!;
    await command('exit 3');
    await platform.until(({ state }) => state === 'stopping');
    await agent.kill('SIGKILL');
    await agent.start();
    assert.is((await agent.status()).state, 'stopping');
    for (const what of ['start', 'stop', 'kill'] as const) await refused(what);
    assert.is(memory().run?.id, id, 'it is not forgotten');

    for (const pid of processes()) process.kill(pid, 'SIGKILL');
    await platform.until(({ state }) => state === 'stopped');
    assert.is((await agent.perform('start')).state, 'succeeded');
    await command('exit 0');
    await platform.until(({ state }) => state === 'stopped');
  },
);

test.run();
