/** Promises about a figure of use: it is a mean over a while, never over a moment. */
import { mock } from 'node:test';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { statProcess } from '@zlh/kernel/process-id';
import type { GameRun } from '../supervisor/game-run.ts';
import { UsageHistory } from './usage-history.ts';
import { UsageMeter } from './usage.ts';

/** A run in a group of its own that has used this much; `members` are this very process, or none yet. */
function runOf(id: string) {
  const used = { seconds: 0, members: [process.pid] };
  const run = {
    id,
    leader: statProcess(process.pid)!,
    group: {
      cpuSeconds: () => used.seconds,
      memoryBytes: () => 1,
      members: () => used.members,
    },
  } as unknown as GameRun;
  return { run, used };
}

test('what was measured a moment ago is fresh, of this run and no other', () => {
  const meter = new UsageMeter();
  const { run } = runOf('one');
  assert.is(meter.isFresh(run, 60_000), false);
  meter.measure(run);
  assert.is(meter.isFresh(run, 60_000), true);
  assert.is(meter.isFresh(run, 0), false);
  assert.is(meter.isFresh(runOf('two').run, 60_000), false);
});

test('a run that has not begun is measured again as soon as somebody asks', () => {
  const meter = new UsageMeter();
  const { run, used } = runOf('one');
  used.members = [];
  meter.measure(run);
  assert.is(meter.isFresh(run, 60_000), false);
});

test('a beat that comes right after somebody asked is passed over', () => {
  const beats = mock.timers;
  beats.enable({ apis: ['setInterval'] });
  const { run } = runOf('one');
  const history = new UsageHistory({
    run: () => run,
    dataFolder: import.meta.dirname,
    beatMs: 60_000,
  });
  history.start();
  try {
    assert.is(history.current?.cpuPercent, null, 'it takes two samples to tell');
    beats.tick(60_000); // in no time at all
    assert.is(history.samples.length, 1);
  } finally {
    history.stop();
    beats.reset();
  }
});

test.run();
