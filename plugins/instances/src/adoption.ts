/**
 * Gives every instance that has a container its agent back: after a start of the platform, whether it was stopped with
 * it, survived its crash, or died with the machine; and later, when it has fallen silent. The agent itself decides
 * whether its game is to run.
 */
import type { Contribution, Logger } from '@zlh/kernel';
import type { Database } from '@zlh/database';
import type { Placement, Provider } from './index.ts';
import { bringUp } from './bring-up.ts';
import { placementRequest, type RequestGround } from './placement-request.ts';
import { Instance, type InstanceRecord } from './schema.ts';

interface Ground extends RequestGround {
  readonly database: Database;
  readonly providers: readonly Contribution<Provider>[];
  readonly log: Logger;
}

const atOnce = 4;
const lookEveryMs = 5000;
const longestPauseMs = 5 * 60_000;

export class Adoption {
  readonly #ground: Ground;
  readonly #stopping = new AbortController();
  /** When an instance is to be tried again, and how long to wait after that. */
  readonly #later = new Map<string, { readonly at: number; readonly pauseMs: number }>();
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  begin(): void {
    this.#look({});
    this.#timer = setInterval(() => this.#look({ observed: 'unreachable' }), lookEveryMs);
  }

  /** From here on no agent is brought up any more. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#running;
  }

  #look(which: { observed?: string }): void {
    this.#running ??= this.#adoptAll(which)
      .catch((error: unknown) =>
        this.#ground.log.error({ err: error }, 'the instances could not be looked through'),
      )
      .finally(() => (this.#running = undefined));
  }

  async #adoptAll(which: { observed?: string }): Promise<void> {
    const found = await this.#ground.database
      .fork()
      .find(Instance, { ...which, placement: { $ne: null }, desired: { $ne: 'deleted' } });
    const ids = new Set(found.map(({ id }) => id));
    for (const id of this.#later.keys()) if (!ids.has(id)) this.#later.delete(id);
    const waiting = found.filter(({ id }) => (this.#later.get(id)?.at ?? 0) <= performance.now());
    const next = async (): Promise<void> => {
      for (
        let instance = waiting.shift();
        instance !== undefined && !this.#stopping.signal.aborted;
        instance = waiting.shift()
      )
        await this.#adopt(instance);
    };
    await Promise.all(Array.from({ length: atOnce }, next));
  }

  /** The next try comes later each time, until it is heard of again. */
  #postpone(id: string): void {
    const pauseMs = this.#later.get(id)?.pauseMs ?? lookEveryMs;
    this.#later.set(id, {
      at: performance.now() + pauseMs,
      pauseMs: Math.min(2 * pauseMs, longestPauseMs),
    });
  }

  async #adopt(instance: InstanceRecord): Promise<void> {
    const { agents, database, log } = this.#ground;
    const { signal } = this.#stopping;
    const provider = this.#ground.providers.find(
      ({ value }) => value.id === instance.provider,
    )?.value;
    if (provider === undefined) return;
    const { id } = instance;
    const placement = instance.placement as Placement;
    this.#postpone(id);
    try {
      const request = await placementRequest(this.#ground, instance);
      const answered = await agents.reachable({ instanceId: id, url: placement.agentUrl }, signal);
      // What was known of it is not true any more: nobody is to be sent there until its agent says so.
      if (!answered) await agents.lost(id);
      const now = await bringUp(agents, {
        instanceId: id,
        platformUrl: request.platformUrl,
        signal,
        ensureRunning: () => provider.ensureRunning(request, placement, signal),
      });
      if (now.agentUrl !== placement.agentUrl)
        await database.transaction((em) => em.nativeUpdate(Instance, { id }, { placement: now }));
    } catch (error) {
      if (signal.aborted) return;
      log.warn(
        { err: error, instanceId: id },
        `${instance.name} could not be adopted; it is tried again later`,
      );
    }
  }
}
