/**
 * kill -9 of the platform and of agents: in every phase of every operation, then at random moments. Afterwards every
 * operation reaches an end, no second server exists, nothing is orphaned, and everything can be deleted.
 */
// time-limit: 1200s
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import type { ApiClient, Instance, Operation } from '../support/client.ts';
import { agentOf, killQuietly, untilConsistent } from '../support/crash-checks.ts';
import { remains } from '../support/leftovers.ts';
import { processesOf } from '../support/processes.ts';
import { watchPhase } from '../support/phase-watch.ts';
import { TestPlatform } from '../support/platform.ts';
import { game, warmHome } from '../support/warm-home.ts';
import { Chance } from './chance.ts';

type Action = 'create' | 'start' | 'stop' | 'restart' | 'rebuild' | 'delete';
type Victim = 'platform' | 'agent';
interface Accepted {
  readonly instance: Instance;
  readonly operation: Operation;
}

const npm = await needs.npmRegistry();

/** In an order in which each can follow the one before it. Before `agent` there is no agent to kill. */
const moments: readonly (readonly [Action, readonly string[]])[] = [
  ['create', ['artifacts', 'container', 'agent', 'install', 'start']],
  ['stop', ['agent', 'stop']],
  ['start', ['agent', 'start']],
  ['restart', ['agent', 'restart']],
  ['rebuild', ['agent', 'install', 'restart']],
  ['delete', ['stop', 'remove']],
];

class Scene {
  readonly platform: TestPlatform;
  client!: ApiClient;
  #made = 0;

  constructor(platform: TestPlatform) {
    this.platform = platform;
  }

  static async open(): Promise<Scene> {
    const scene = new Scene(await TestPlatform.make({ from: await warmHome() }));
    await scene.#start();
    return scene;
  }

  begin(action: Action, id: string | undefined): Promise<Accepted> {
    if (action === 'create')
      return this.client.ask('POST', '/api/instances', { ...game, name: `World ${++this.#made}` });
    if (action === 'delete') return this.client.ask('DELETE', `/api/instances/${id}`);
    return this.client.ask('POST', `/api/instances/${id}/${action}`);
  }

  async kill(victim: Victim, id: string): Promise<void> {
    const agent = agentOf(this.platform.home, id);
    if (victim === 'platform') {
      await this.platform.kill();
      await this.#start();
    } else if (agent !== undefined) killQuietly(agent);
  }

  async over(operation: Operation, label: string): Promise<void> {
    const { state, error, phases } = await this.client.untilOver(operation.id);
    assert.is(state, 'succeeded', `${label}: ${JSON.stringify({ error, phases })}`);
  }

  async consistent(label: string): Promise<void> {
    try {
      await untilConsistent(this.platform.home, this.client);
    } catch (error) {
      throw new Error(`${label}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** The operation with the victim killed as soon as it is seen in the phase. Answers the instance. */
  async through(
    action: Action,
    id: string | undefined,
    victim?: Victim,
    phase?: string,
  ): Promise<string> {
    const label = `${action}, kill -9 of the ${victim ?? 'nobody'} in ${phase ?? 'no phase'}`;
    const watch = await watchPhase(this.client, `instances.${action}`, phase ?? '');
    const { instance, operation } = await this.begin(action, id);
    if (victim !== undefined) {
      assert.ok(await watch.entered, `${label}: the phase was not seen`);
      await this.kill(victim, instance.id);
    }
    watch.close();
    await this.over(operation, label);
    await this.consistent(label);
    if (action === 'delete')
      assert.equal(
        remains(this.platform.home, instance.id),
        { folder: false, processes: [] },
        label,
      );
    return instance.id;
  }

  /** Begins the next thing in the life of an instance. */
  async proceed(life: Life, action: Action): Promise<Accepted> {
    const accepted = await this.begin(action, life.id);
    life.state = after[action];
    life.id = action === 'delete' ? undefined : accepted.instance.id;
    return accepted;
  }

  async close(): Promise<void> {
    await this.platform.remove();
  }

  async #start(): Promise<void> {
    await this.platform.start();
    this.client = await this.platform.admin();
  }
}

for (const victim of ['platform', 'agent'] as const) {
  when(npm)(`kill -9 of the ${victim} in each phase of each operation loses nothing`, async () => {
    const scene = await Scene.open();
    try {
      for (const [action, phases] of moments) {
        for (const phase of phases) {
          if (victim === 'agent' && ['artifacts', 'container'].includes(phase)) continue;
          const id = action === 'create' ? undefined : await scene.through('create', undefined);
          if (action === 'start') await scene.through('stop', id);
          const made = await scene.through(action, id, victim, phase);
          if (action !== 'delete') await scene.through('delete', made);
        }
      }
    } finally {
      await scene.close();
    }
  });
}

/** What may follow in each state of an instance, `none` being that there is none. */
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

const kills = 52;
/** A creation takes about this long, so that every part of it is hit. */
const longestDelayMs = 2500;

when(npm)(
  `kill -9 at ${kills} random moments: everything ends, nothing is doubled or orphaned`,
  async () => {
    const chance = new Chance(process.env['ZLH_TEST_SEED']);
    const lives: Life[] = Array.from({ length: 3 }, () => ({ id: undefined, state: 'none' }));
    const scene = await Scene.open();
    try {
      for (let kill = 1; kill <= kills; kill++) {
        const begun = await Promise.all(
          lives.map((life) => scene.proceed(life, chance.pick(next[life.state]))),
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
