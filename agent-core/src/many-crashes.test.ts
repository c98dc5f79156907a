// tier: campaign
/** Hundreds of crashes in a row are told one by one, and the agent is as small and as calm after them as before. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { progress } from '../../test/runner/progress.ts';
import { attacks } from '../../test/support/campaign.ts';
import type { CrashPage, CrashRecord } from './contract/history.ts';
import { statProcess } from '@zlh/kernel/process-id';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';

const CRASHES = 100 * attacks;
const MIB = 2 ** 20;

interface Figures {
  readonly files: number;
  /** After a collection of garbage: what is really kept. */
  readonly heap: number;
  readonly buffers: number;
  readonly resident: number;
}

const memoryFile = join(mkdtempSync(join(tmpdir(), 'zlh-memory-')), 'memory.json');
const measure = new URL('./testing/measure-memory.js', import.meta.url).href;

async function figuresOf(pid: number): Promise<Figures> {
  rmSync(memoryFile, { force: true });
  process.kill(pid, 'SIGUSR2');
  while (!existsSync(memoryFile)) await delay(20);
  const { heapUsed, arrayBuffers, rss } = JSON.parse(
    readFileSync(memoryFile, 'utf8'),
  ) as NodeJS.MemoryUsage;
  const files = readdirSync(`/proc/${pid}/fd`).length;
  return { files, heap: heapUsed, buffers: arrayBuffers, resident: rss };
}

const cpuSeconds = (pid: number) => statProcess(pid)!.cpuTicks / 100;

test(`${CRASHES} crashes in a row leave an agent that is whole, small and calm`, async () => {
  const platform = await startFakePlatform();
  const env = {
    ZLH_AGENT_HEARTBEAT_MS: '300',
    NODE_OPTIONS: `--import=${measure}`,
    ZLH_TEST_MEMORY_FILE: memoryFile,
  };
  const agent = await startTestAgent({ platformUrl: platform.url, env });
  try {
    const spec = testSpec(await freePort(), {
      platformUrl: platform.url,
      launch: { command: 'sh', args: ['-c', 'echo "crash of $$"; exit 7'], env: {} },
      probe: { ...testSpec(1).probe, kind: 'tcp' },
      crash: { backoffInitialMs: 0, backoffMaxMs: 1, stableAfterMs: 60_000, maxCrashes: CRASHES },
    });
    await agent.perform(spec);
    assert.is((await agent.perform('start')).error?.code, 'AGENT_SERVER_EXIT_CODE');
    const reach = (count: number) =>
      platform.until(
        ({ crash }) => {
          progress();
          return (crash?.count ?? 0) >= count;
        },
        scaled(count * 2_000),
      );
    await reach(CRASHES / 5);
    const early = await figuresOf(agent.pid);
    const { crash, state } = await reach(CRASHES);
    const late = await figuresOf(agent.pid);
    assert.is(state, 'crashed');
    assert.is(crash?.gaveUp, true);
    const grown = `${JSON.stringify(early)} → ${JSON.stringify(late)}`;
    assert.ok(late.files <= early.files + 5, grown);
    assert.ok(late.heap < early.heap + 3 * MIB, grown);
    assert.ok(late.buffers < early.buffers + 8 * MIB, grown);
    assert.ok(late.resident < early.resident + 64 * MIB, grown);
    await expectCalm();

    const told = await allCrashes();
    assert.is(told.length, CRASHES);
    assert.equal(
      told.map(({ count }) => count),
      Array.from({ length: CRASHES }, (_, index) => CRASHES - index),
    );
    assert.ok(told.every(({ exitCode, lastLines }) => exitCode === 7 && lastLines.length === 1));
  } finally {
    await agent.end();
    await platform.close();
    rmSync(dirname(memoryFile), { recursive: true });
  }

  async function expectCalm(): Promise<void> {
    const before = cpuSeconds(agent.pid);
    const begun = performance.now();
    const seen = platform.reports.length;
    await platform.until(() => platform.reports.length >= seen + 6);
    const share = (cpuSeconds(agent.pid) - before) / ((performance.now() - begun) / 1000);
    assert.ok(share < 0.3, `the agent takes ${Math.round(share * 100)} % of a core`);
  }

  async function allCrashes(): Promise<CrashRecord[]> {
    const all: CrashRecord[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await agent.call<CrashPage>('GET', `/crashes?limit=200${query}`);
      all.push(...body.items);
      cursor = body.nextCursor;
    }
    return all;
  }
});

test.run();
