/**
 * `kill -9` of the platform and of agents at random moments of random operations. Afterwards every
 * operation reaches an end, no second server exists, nothing is orphaned, and everything can be deleted.
 */
// tier: campaign
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import { attacks, openChance } from '../support/campaign.ts';
import { type Action, CrashScene } from '../support/crash-scene.ts';
import { processesOf } from '../support/processes.ts';

const npm = await needs.npmRegistry();

/** The actions that may follow in each state of an instance; `none`: there is no instance. */
const next: Readonly<Record<'none' | 'running' | 'stopped', readonly Action[]>> = {
  none: ['create'],
  running: ['stop', 'restart', 'rebuild', 'delete'],
  stopped: ['start', 'rebuild', 'delete'],
};

/** One of the instances that live through the random kills, and what was asked of it last. */
interface Life {
  id: string | undefined;
  state: keyof typeof next;
}

const after: Readonly<Record<Action, keyof typeof next>> = {
  create: 'running',
  start: 'running',
  restart: 'running',
  rebuild: 'running',
  stop: 'stopped',
  delete: 'none',
};

/** Begins the next thing in the life of an instance. */
async function proceed(scene: CrashScene, life: Life, action: Action) {
  const accepted = await scene.begin(action, life.id);
  life.state = after[action];
  life.id = action === 'delete' ? undefined : accepted.instance.id;
  return accepted;
}

const kills = 4 * attacks;
/** A creation takes about this long, so that every part of it is hit. */
const longestDelayMs = 2500;

when(npm)(
  `kill -9 at ${kills} random moments: everything ends, nothing is doubled or orphaned`,
  async () => {
    const chance = openChance();
    const lives: Life[] = Array.from({ length: 3 }, () => ({ id: undefined, state: 'none' }));
    const scene = await CrashScene.open();
    try {
      for (let kill = 1; kill <= kills; kill++) {
        const begun = await Promise.all(
          lives.map((life) => proceed(scene, life, chance.pick(next[life.state]))),
        );
        const victim = chance.pick(['platform', 'agent'] as const);
        const { instance } = chance.pick(begun);
        const delayMs = chance.below(longestDelayMs);
        const label = `seed ${chance.seed}, kill ${kill}: ${victim} after ${delayMs} ms`;
        await wait(delayMs); // the random moment itself
        await scene.kill(victim, instance.id);
        for (const { operation } of begun) await scene.over(operation, label);
        await scene.consistent(label);
      }
      for (const { id, state } of lives) if (state !== 'none') await scene.through('delete', id);
      assert.equal(processesOf(join(scene.platform.home, 'instances')), []);
    } finally {
      await scene.close();
    }
  },
);

test.run();
