/**
 * `kill -9` of the platform and of the agent in every phase of every operation.
 *
 * The operation reaches its end, no second server exists, nothing is orphaned, and everything can be
 * deleted.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import { type Action, CrashScene, type Victim } from '../support/crash-scene.ts';
import { processesOf } from '../support/processes.ts';

const npm = await needs.npmRegistry();

/** The phases in which each victim is killed. Before the phase `agent` there is no agent. */
const phasesOf: Readonly<Record<Action, Readonly<Record<Victim, readonly string[]>>>> = {
  create: {
    platform: ['artifacts', 'container', 'agent', 'install', 'start'],
    agent: ['agent', 'install', 'start'],
  },
  stop: { platform: ['agent', 'stop'], agent: ['agent', 'stop'] },
  start: { platform: ['agent', 'start'], agent: ['agent', 'start'] },
  restart: { platform: ['agent', 'restart'], agent: ['agent', 'restart'] },
  rebuild: {
    platform: ['agent', 'install', 'restart'],
    agent: ['agent', 'install', 'restart'],
  },
  delete: { platform: ['stop', 'remove'], agent: ['stop', 'remove'] },
};

interface Kill {
  readonly victim: Victim;
  readonly phase: string;
}

function killsIn(action: Action): Kill[] {
  return (['platform', 'agent'] as const).flatMap((victim) =>
    phasesOf[action][victim].map((phase) => ({ victim, phase })),
  );
}

let scene: CrashScene;
/** The one that runs. */
let living: string | undefined;

test.before(async () => {
  if (npm.value !== undefined) scene = await CrashScene.open();
});
test.after(async () => {
  await (scene as CrashScene | undefined)?.close();
});

when(npm)('creations and deletions that lose either in any phase succeed', async () => {
  const deletions = killsIn('delete');
  for (const creation of killsIn('create')) {
    const before = living;
    living = await scene.through('create', undefined, creation.victim, creation.phase);
    if (before !== undefined) {
      const deletion = deletions.shift();
      await scene.through('delete', before, deletion?.victim, deletion?.phase);
    }
  }
  assert.equal(deletions, [], 'each phase was hit');
});

when(npm)('stops and starts that lose either in any phase succeed', async () => {
  const starts = killsIn('start');
  for (const stop of killsIn('stop')) {
    await scene.through('stop', living, stop.victim, stop.phase);
    const start = starts.shift()!;
    await scene.through('start', living, start.victim, start.phase);
  }
  assert.equal(starts, [], 'each phase was hit');
});

when(npm)('restarts that lose either in any phase succeed', () => loseEither('restart'));
when(npm)('rebuilds that lose either in any phase succeed', () => loseEither('rebuild'));

async function loseEither(action: 'restart' | 'rebuild'): Promise<void> {
  for (const { victim, phase } of killsIn(action)) {
    await scene.through(action, living, victim, phase);
  }
}

when(npm)('after all of it the last one can be deleted, and nothing runs any more', async () => {
  await scene.through('delete', living);
  assert.equal(processesOf(join(scene.platform.home, 'instances')), []);
});

test.run();
