/**
 * Gives every instance that has a container its agent back: after a start of the platform, whether the agent was stopped
 * with it, survived its crash, or died with the machine; and later, when the agent has ended or fallen silent. The agent
 * itself decides whether its game is to run.
 */
import type { Contribution, Logger, MonotonicClock } from '@zlh/kernel';
import { agentEvents } from '@zlh/agents';
import type { Database } from '@zlh/database';
import type { DomainEvent, Events } from '@zlh/events';
import type { Placement, Provider } from './index.ts';
import { ensureAgentRunning } from './ensure-agent-running.ts';
import { placementRequest, type RequestGround } from './placement-request.ts';
import { RestartQueue } from './restart-queue.ts';
import { Instance, type InstanceRecord } from './schema.ts';

interface AgentReconcilerDeps extends RequestGround {
  readonly clock: MonotonicClock;
  readonly database: Database;
  readonly events: Events;
  readonly providers: readonly Contribution<Provider>[];
  readonly log: Logger;
}

/** For what no notice came: events are told at most once. */
const safetyPollMs = 30_000;

export class AgentReconciler {
  readonly #deps: AgentReconcilerDeps;
  readonly #queue: RestartQueue;
  readonly #stopping = new AbortController();
  #unsubscribe: () => void = () => undefined;
  #callOffPoll: () => void = () => undefined;
  #polling: Promise<void> | undefined;
  /** Whether every instance was looked after once since the start. */
  #adopted = false;

  constructor(deps: AgentReconcilerDeps) {
    this.#deps = deps;
    this.#queue = new RestartQueue({ clock: deps.clock, work: (id) => this.#reconcile(id) });
  }

  begin(): void {
    this.#unsubscribe = this.#deps.events.subscribe((event) => this.#hear(event));
    this.#poll();
  }

  /** From here on no agent is started any more. */
  async end(): Promise<void> {
    this.#unsubscribe();
    this.#callOffPoll();
    this.#stopping.abort();
    await this.#polling;
    await this.#queue.close();
  }

  #hear({ type, instanceId }: DomainEvent): void {
    if (instanceId === null) return;
    if (type === agentEvents.lost) this.#queue.request(instanceId);
    if (type === agentEvents.reported) this.#queue.forgive(instanceId);
  }

  #poll(): void {
    this.#polling = this.#requestMissing()
      .catch((error: unknown) =>
        this.#deps.log.error({ err: error }, 'the instances could not be looked through'),
      )
      .finally(() => {
        if (this.#stopping.signal.aborted) return;
        this.#callOffPoll = this.#deps.clock.after(safetyPollMs, () => this.#poll());
      });
  }

  async #requestMissing(): Promise<void> {
    const which = this.#adopted ? { observed: 'unreachable' } : {};
    const found = await this.#deps.database.fork().find(Instance, { ...which, ...placed });
    for (const { id } of found) this.#queue.request(id);
    this.#adopted = true;
  }

  async #reconcile(id: string): Promise<void> {
    const { database, log } = this.#deps;
    const { signal } = this.#stopping;
    try {
      const instance = await database.fork().findOne(Instance, { id, ...placed });
      const provider = this.#deps.providers.find(({ value }) => value.id === instance?.provider);
      if (instance !== null && provider !== undefined)
        await this.#ensureRunning(instance, provider.value);
    } catch (error) {
      if (!signal.aborted)
        log.warn({ err: error, instanceId: id }, 'the agent could not be started; trying again');
      throw error;
    }
  }

  async #ensureRunning(instance: InstanceRecord, provider: Provider): Promise<void> {
    const { agents, database } = this.#deps;
    const { signal } = this.#stopping;
    const { id, observed } = instance;
    const placement = instance.placement as Placement;
    const request = await placementRequest(this.#deps, provider, instance);
    // What was known of it may be true no more: nobody is to be sent there until its agent says so.
    if (observed !== 'unreachable') {
      const target = { instanceId: id, url: placement.agentUrl };
      if (!(await agents.reachable(target, signal))) await agents.markUnreachable(id);
    }
    const now = await ensureAgentRunning(agents, {
      instanceId: id,
      platformUrl: request.platformUrl,
      signal,
      ensureRunning: () => provider.ensureRunning(request, placement, signal),
    });
    if (now.agentUrl !== placement.agentUrl)
      await database.transaction((em) => em.nativeUpdate(Instance, { id }, { placement: now }));
  }
}

/** Of instances that are to have an agent. */
const placed = { placement: { $ne: null }, desired: { $ne: 'deleted' } };
