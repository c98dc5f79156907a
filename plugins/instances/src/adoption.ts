/**
 * After a start of the platform: every instance that has a container gets its agent back, whether it was stopped with
 * the platform, survived its crash, or died with the machine. The agent itself decides whether its game is to run.
 */
import type { AgentObserver, Agents } from '@zlh/agents';
import type { Contribution, Logger } from '@zlh/kernel';
import type { Database } from '@zlh/database';
import type { Http } from '@zlh/http';
import type { Placement, Provider } from './index.ts';
import { contact } from './contact.ts';
import { Instance, type InstanceRecord } from './schema.ts';

interface Ground {
  readonly config: { readonly platformUrl?: string };
  readonly database: Database;
  readonly agents: Agents;
  readonly http: Http;
  readonly providers: readonly Contribution<Provider>[];
  readonly observers: readonly Contribution<AgentObserver>[];
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const atOnce = 4;

export class Adoption {
  readonly #ground: Ground;
  #running: Promise<unknown> = Promise.resolve();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  begin(): void {
    this.#running = this.#adoptAll().catch((error: unknown) =>
      this.#ground.log.error({ err: error }, 'the instances could not be looked through'),
    );
  }

  async finished(): Promise<void> {
    await this.#running;
  }

  async #adoptAll(): Promise<void> {
    const waiting = await this.#ground.database
      .fork()
      .find(Instance, { placement: { $ne: null }, desired: { $ne: 'deleted' } });
    const next = async (): Promise<void> => {
      for (
        let instance = waiting.shift();
        instance !== undefined && !this.#ground.signal.aborted;
        instance = waiting.shift()
      )
        await this.#adopt(instance);
    };
    await Promise.all(Array.from({ length: atOnce }, next));
  }

  /** What was known of it before is not true any more: nobody is to be sent there until its agent says so. */
  async #lost(id: string): Promise<void> {
    await this.#ground.database.transaction(async (em) => {
      for (const { value } of this.#ground.observers) await value.silent(em, id);
    });
  }

  async #adopt(instance: InstanceRecord): Promise<void> {
    const { agents, database, http, log, signal, config } = this.#ground;
    const provider = this.#ground.providers.find(
      ({ value }) => value.id === instance.provider,
    )?.value;
    if (provider === undefined) return;
    const { id, vmid, hostname, memoryMiB } = instance;
    const placement = instance.placement as Placement;
    try {
      const platformUrl = config.platformUrl ?? (await http.listening);
      if (!(await agents.reachable({ instanceId: id, url: placement.agentUrl }, signal)))
        await this.#lost(id);
      const request = {
        instanceId: id,
        vmid,
        hostname,
        memoryMiB,
        ports: placement.ports,
        agentToken: agents.tokenFor(id),
        platformUrl,
      };
      const now = await provider.ensureRunning(request, placement, signal);
      if (now.agentUrl !== placement.agentUrl)
        await database.transaction((em) => em.nativeUpdate(Instance, { id }, { placement: now }));
      await contact(agents, { instanceId: id, url: now.agentUrl }, platformUrl, signal);
    } catch (error) {
      if (!signal.aborted)
        log.warn(
          { err: error, instanceId: id },
          `${instance.name} could not be adopted; it stays as it is`,
        );
    }
  }
}
