/**
 * A platform whose processes are killed with `kill -9`, and the checks that must hold afterwards.
 *
 * The operation reaches its end, no second server exists, and nothing is orphaned.
 */
import * as assert from 'uvu/assert';
import { progress } from '../runner/progress.ts';
import type { ApiClient, Instance, Operation } from './client.ts';
import { agentOf, killQuietly, untilConsistent } from './crash-checks.ts';
import { remains } from './leftovers.ts';
import { watchPhase } from './phase-watch.ts';
import { TestPlatform } from './platform.ts';
import { game, warmHome } from './warm-home.ts';

export type Action = 'create' | 'start' | 'stop' | 'restart' | 'rebuild' | 'delete';
export type Victim = 'platform' | 'agent';

interface Accepted {
  readonly instance: Instance;
  readonly operation: Operation;
}

/** A platform with instances whose operations are interrupted. */
export class CrashScene {
  readonly platform: TestPlatform;
  client!: ApiClient;
  #made = 0;

  constructor(platform: TestPlatform) {
    this.platform = platform;
  }

  static async open(): Promise<CrashScene> {
    const scene = new CrashScene(await TestPlatform.make({ from: await warmHome() }));
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
    const label = `${action}, kill -9 of ${victim ?? 'nobody'} in ${phase ?? 'no phase'}`;
    progress();
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
