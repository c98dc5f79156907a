// tier: campaign
/**
 * The promise this agent is made for: it may be killed at any moment, while its server floods the console, and neither
 * the player nor the console notices.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { scaled } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attacks } from '../../test/support/campaign.ts';
import { SCROLLBACK_BYTES } from './console/console-hub.ts';
import { readShimRecord } from './shim/start.ts';
import { direct, FakePlayer, FloodViewer } from './testing/flood-viewer.ts';
import { randomFrom, testSeed } from '@zlh/kernel/testing';
import { freePort, startFakePlatform, startTestAgent, testSpec } from './testing/index.ts';
import type { FakePlatform, TestAgent } from './testing/index.ts';

const ROUNDS = 5 * attacks;
const LINE = 64;
const RIGHT_WITHIN_MS = scaled(2_000);
const random = randomFrom(testSeed);

/** As fast as it can; slowly, so that all of it fits the scrollback while the agent is away; in a burst that fits. */
const floods = ['flood 1000000', 'flood 1000000 100', 'flood 0.15'] as const;

let platform: FakePlatform;
let agent: TestAgent;
let port: number;
let player: FakePlayer;

test.before.each(async () => {
  platform = await startFakePlatform();
  agent = await startTestAgent({ platformUrl: platform.url });
  port = await freePort();
  await agent.perform(testSpec(port, { platformUrl: platform.url }));
  assert.is((await agent.perform('start')).state, 'succeeded');
  player = new FakePlayer(port);
});
test.after.each(async () => {
  player.leave();
  await agent.end();
  await platform.close();
});

const run = () => readShimRecord(join(agent.home, 'run'))!;

/** Kills it, now and then also while it comes up again, and brings it back. Answers how long it took to be right. */
async function killAndReturn(): Promise<number> {
  await agent.kill('SIGKILL');
  if (random() < 0.2) {
    const cutShort = agent.start().catch(() => {}); // it is killed before it listens, perhaps
    await delay(random() * 500);
    await agent.kill('SIGKILL');
    await cutShort;
  }
  await agent.start();
  const back = performance.now();
  for (;;) {
    const { state, ready, crash } = await agent.status();
    assert.is(crash, null, 'nothing has crashed');
    const took = performance.now() - back;
    if (state === 'running' && ready) return took;
    assert.ok(took < RIGHT_WITHIN_MS, `${state}, ready ${ready}, ${took} ms after its return`);
    await delay(20); // its state is asked for as a stranger would
  }
}

test(`${ROUNDS} × kill -9 of the agent under a flood: no player is lost, no line that fits, no truth (seed ${testSeed})`, async () => {
  const before = run();
  let viewer = await FloodViewer.open(agent);
  let slowest = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const flood = floods[Math.floor(random() * floods.length)]!;
    const label = `round ${round}, ${flood}`;
    await direct(port, flood);
    await delay(random() * 150);
    const answers = player.answers;
    slowest = Math.max(slowest, await killAndReturn());
    await viewer.closed;
    const seen = viewer.last;
    viewer = await FloodViewer.open(agent);
    await delay(random() * 30);
    const newest = (await direct(port, 'flood 0')) - 1;
    await viewer.until(newest);
    if ((newest - seen + 1) * LINE <= SCROLLBACK_BYTES && viewer.resyncs === 0)
      assert.ok(viewer.first <= seen + 1, `${label}: ${viewer.first - seen - 1} lines are lost`);
    await assertWholeScrollback(newest, label);
    assert.is(player.ended, undefined, label);
    assert.ok(player.answers > answers, `${label}: the player was not answered`);
  }
  viewer.close();
  assert.equal(run(), before, 'the server was replaced');
  console.log(`state right at most ${slowest.toFixed(0)} ms after the return`);
});

/** What a new viewer sees of an output that stands still: exactly its end. */
async function assertWholeScrollback(newest: number, label: string): Promise<void> {
  const fresh = await FloodViewer.open(agent);
  await fresh.until(newest);
  const lines = fresh.last - fresh.first + 1;
  const whole = Math.min(newest + 1, SCROLLBACK_BYTES / LINE - 40);
  assert.ok(lines >= whole, `${label}: the scrollback has ${lines} lines of ${newest + 1}`);
  assert.is(fresh.resyncs, 0, label);
  fresh.close();
}

test.run();
