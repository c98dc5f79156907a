/**
 * How long `zlh start` takes until it answers ready, and what it holds in memory then. From the moment the process
 * is spawned until `GET /health/ready` answers 200; a first start begins with an empty home, a warm one with the home
 * of the start before. Memory is read after the platform was left alone for a while; PostgreSQL is not in it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { TestPlatform } from '../test/support/platform.ts';
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

const first: number[] = [];
for (let i = 0; i < firstStarts; i++) {
  const platform = await TestPlatform.make();
  try {
    first.push(await start(platform));
  } finally {
    await platform.remove();
  }
}

const platform = await TestPlatform.make();
try {
  await start(platform);
  const warm: number[] = [];
  for (let i = 0; i < warmStarts; i++) {
    await platform.stop();
    warm.push(await start(platform));
  }
  await wait(restMs);
  const { rss, pss } = memoryOf(platform.pid);
  tell([
    { what: 'first start → ready, median', value: median(first), unit: 'ms', limit: 4000 },
    { what: 'first start → ready, quickest', value: Math.min(...first), unit: 'ms' },
    { what: 'start of a warm home → ready, median', value: median(warm), unit: 'ms', limit: 1500 },
    { what: 'start of a warm home → ready, quickest', value: Math.min(...warm), unit: 'ms' },
    { what: 'platform at rest, resident', value: rss, unit: 'MB', limit: 200 },
    { what: 'platform at rest, proportional', value: pss, unit: 'MB' },
  ]);
} finally {
  await platform.remove();
}
