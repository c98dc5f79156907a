/**
 * kill -9 of the platform and of agents: in every phase of every operation, then at random moments. Afterwards every
 * operation reaches an end, no second server exists, nothing is orphaned, and everything can be deleted.
 */
// time-limit: 600s
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs, when } from '../runner/needs.ts';
import type { ApiClient, Instance, Operation } from '../support/client.ts';
import { agentOf, killQuietly, untilConsistent } from '../support/crash-checks.ts';
import { remains } from '../support/leftovers.ts';
import { watchPhase } from '../support/phase-watch.ts';
import { TestPlatform } from '../support/platform.ts';
import { game, warmHome } from '../support/warm-home.ts';

type Action = 'create' | 'start' | 'stop' | 'restart' | 'delete';
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

test.run();
