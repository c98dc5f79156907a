// tier: campaign
/**
 * kill -9 of agent, shim and game at random moments of random operations. Whatever happens: every
 * operation ends, there is never a second game, and nothing is left over.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attacks } from '../../test/support/campaign.ts';
import { statProcess } from '@zlh/kernel/process-id';
import { readShimRecord } from './shim/start.ts';
import { randomFrom, testSeed } from '@zlh/kernel/testing';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

const ROUNDS = 5 * attacks;
const random = randomFrom(testSeed);
const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

let platform: FakePlatform;
let agent: TestAgent;

test.before(async () => {
  platform = await startFakePlatform();
  agent = await startTestAgent();
});
test.after(async () => {
  await agent.end();
  await platform.close();
});

/** Games are the processes that work in this agent's data folder. */
function games(): number[] {
  const data = join(agent.home, 'data');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === data && statProcess(Number(pid))?.state !== 'Z';
      } catch {
        return false; // gone meanwhile
      }
    })
    .map(Number);
}

function killQuietly(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

const victims = {
  agent: () => agent.kill('SIGKILL'),
  shim: () => Promise.resolve(killQuietly(readShimRecord(join(agent.home, 'run'))?.shim.pid)),
  game: () => Promise.resolve(killQuietly(readShimRecord(join(agent.home, 'run'))?.child?.pid)),
};

test(`${ROUNDS} random kills leave no stuck operation and no second game (seed ${testSeed})`, async () => {
  const bytes = Buffer.alloc(2_000_000, 'artifact');
  const artifact = {
    name: 'ballast',
    sha256: platform.offer(bytes),
    size: bytes.length,
    format: 'file',
  } as const;
  const port = await freePort();
  const crash = { backoffInitialMs: 20, backoffMaxMs: 100, stableAfterMs: 100, maxCrashes: 1000 };
  const spec = testSpec(port, { platformUrl: platform.url, artifacts: [artifact], crash });
  spec.launch.env.FAKE_READY_MS = '100';
  await agent.perform(spec);
  for (let round = 1; round <= ROUNDS; round++) {
    const operationId = randomUUID();
    const action = oneOf([
      'config',
      'start',
      'start',
      'stop',
      'restart',
      'restart',
      'kill',
    ] as const);
    const body =
      action === 'config'
        ? { operationId, spec: { ...spec, revision: round + 1 } }
        : { operationId };
    const victim = oneOf(['agent', 'agent', 'agent', 'shim', 'game'] as const);
    const label = `round ${round}: ${action}, kill -9 of the ${victim}`;
    const accepted = await agent.call('POST', `/${action}`, body);
    assert.is(accepted.status, 202, `${label} ${JSON.stringify(accepted.body)}`);
    await delay(random() * (victim === 'agent' ? 500 : 300));
    await victims[victim]();
    if (victim === 'agent') await agent.start();
    const ended = await agent.finished(operationId);
    assert.ok(ended.finishedAt !== null, label);
    assert.ok(games().length <= 1, `${label}: games ${games().join()}`);
  }
  assert.is((await agent.perform('start')).state, 'succeeded');
  assert.is(games().length, 1);
  assert.is((await agent.perform('stop')).state, 'succeeded');
  assert.equal(games(), []);
  assert.is((await agent.status()).state, 'stopped');
});

test.run();
