/**
 * The provider of this machine: a container is a folder below the home, and its agent a process. The agent keeps what it
 * runs in a sandbox; which one, and as whom, it is told by its bounds.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentBounds } from '@zlh/agent';
import type { Agents } from '@zlh/agents';
import type { Database, EntityManager } from '@zlh/database';
import type { Placement, PlacementRequest, Provider, ProviderCapacity } from '@zlh/instances';
import { homeHolder, isRunning, type Logger, type ProcessId } from '@zlh/kernel';
import { startAgent } from './agent-process.ts';
import { AgentWatch } from './agent-watch.ts';
import { forInstances, machineOf, type CapacitySettings } from './capacity.ts';
import { assertRoom, tellingOfFullDisk } from './disk.ts';
import { furnish, removeFolder } from './folders.ts';
import { providerId } from './index.ts';
import { isolationWarning, type IsolationSettings, type LocalIsolation } from './isolation.ts';
import { holderOf, type Places } from './places.ts';
import { endOldAgent, leaveOldRelease } from './old-agents.ts';
import { takePort, takeUsablePort } from './ports.ts';
import { endAll, killAll, processesOf, untilGone } from './processes.ts';
import type { PlaceRecord } from './schema.ts';

export interface LocalSettings extends CapacitySettings, IsolationSettings {
  readonly gameHost: string;
  readonly publicHost?: string;
  readonly gamePorts: { readonly from: number; readonly to: number };
  readonly keepRunning: boolean;
  readonly agentConfig?: string;
}

interface Ground {
  readonly config: LocalSettings;
  readonly database: Database;
  readonly agents: Agents;
  readonly isolation: LocalIsolation;
  readonly places: Places;
  readonly home: string;
  readonly log: Logger;
}

/** A game's own graceful stop may take this long before everything in the folder is killed. */
const gracefulMs = 90_000;
/** And this long where no agent can be asked. */
const withoutAgentMs = 15_000;

export class LocalProvider implements Provider {
  readonly id = providerId;
  readonly agentsOn = 'machine';
  readonly #ground: Ground;
  #inCharge = false;
  /** By instance, as they were last seen or started. */
  readonly #agents = new Map<string, ProcessId>();
  readonly #watch = new AgentWatch((instanceId) => void this.#lost(instanceId));

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async create(request: PlacementRequest): Promise<Placement> {
    const { home, isolation, places } = this.#ground;
    await isolation.assertPossible();
    return this.#change(request, async (em) => {
      const place = await places.claim(em, request);
      const cache = join(home, 'artifact-cache');
      mkdirSync(cache, { recursive: true });
      // A sandbox shows a game what it runs from; without one it must get there by itself.
      chmodSync(cache, isolation.shows ? 0o700 : 0o711);
      return this.#placement(em, place, request, takePort);
    });
  }

  /** Whoever else wants to bring the same agent up, or to remove it, waits: there is never a second one, or one too late. */
  ensureRunning(request: PlacementRequest, placement: Placement): Promise<Placement> {
    const { config, places } = this.#ground;
    return this.#change(request, async (em) => {
      const found = places.here(await places.lock(em, request.instanceId));
      const place = await places.tighten(em, found, request.vmid);
      const { folder } = place;
      furnish(folder, request.agentToken, this.#boundsOf(request, place));
      const agent =
        this.#agentOf(request.instanceId, folder) ??
        (await this.#start(request, place, config.agentConfig));
      this.#agents.set(request.instanceId, agent);
      this.#watch.watch(request.instanceId, agent);
      return { ...placement, user: userOf(place), agentUrl: addressOf(place) };
    });
  }

  /** Only while the game does not run: its own listening would count as somebody else's. */
  renumber(request: PlacementRequest): Promise<Placement> {
    const { places } = this.#ground;
    return this.#change(request, async (em) => {
      const place = places.here(await places.lock(em, request.instanceId));
      return this.#placement(em, place, request, takeUsablePort);
    });
  }

  remove(instanceId: string): Promise<void> {
    const { database, places } = this.#ground;
    return database.transaction(async (em) => {
      const found = await places.lock(em, instanceId);
      if (found === null) return;
      const place = places.here(found);
      this.#watch.forget(instanceId);
      this.#agents.delete(instanceId);
      await killAll(place);
      await removeFolder(place.folder);
      await places.forget(em, instanceId);
    });
  }

  async capacity(em: EntityManager): Promise<ProviderCapacity> {
    const { home, config, places } = this.#ground;
    const { from, to } = config.gamePorts;
    return {
      ...forInstances(machineOf(home), config),
      ports: { total: to - from + 1, given: await places.portsGiven(em, config.gamePorts) },
      elsewhere: await places.elsewhere(em),
    };
  }

  warning(): string | null {
    return isolationWarning(this.#ground.config);
  }

  async list(): Promise<readonly string[]> {
    const folder = join(this.#ground.home, 'instances');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  /** From here on this process looks after the agents: a command that only passes by must not end them. */
  takeCharge(): void {
    this.#inCharge = true;
  }

  /** When the platform stops: every agent of this home ends its game gracefully, then itself. */
  async stopAll(): Promise<void> {
    const { config, places } = this.#ground;
    this.#watch.stop();
    if (config.keepRunning || !this.#inCharge) return;
    await Promise.all((await places.all()).map((place) => this.#stop(place)));
  }

  async #stop(place: PlaceRecord): Promise<void> {
    const { agents, log } = this.#ground;
    const { instanceId } = place;
    if (processesOf(place).length === 0) return;
    try {
      await agents.shutdown({ instanceId, url: addressOf(place) }, true);
      if (!(await untilGone(place, gracefulMs))) {
        log.warn({ instanceId }, `still running after ${gracefulMs / 1000} s: killed`);
        await killAll(place);
      }
    } catch (error) {
      log.warn({ err: error, instanceId }, 'the agent could not be asked to stop');
      await endAll(place, withoutAgentMs);
    }
    // Its last report said it runs; nobody is to be sent there until its agent speaks again.
    await agents.markUnreachable(instanceId);
  }

  async #lost(instanceId: string): Promise<void> {
    const { agents, log } = this.#ground;
    log.warn({ instanceId }, 'the agent has ended; it is brought up again');
    try {
      await agents.markUnreachable(instanceId);
    } catch (error) {
      log.warn({ err: error, instanceId }, 'its end could not be noted; its silence will be');
    }
  }

  /** One that was just started has not taken its folder yet. */
  #agentOf(instanceId: string, folder: string): ProcessId | undefined {
    const started = this.#agents.get(instanceId);
    if (started !== undefined && isRunning(started)) return started;
    return homeHolder(folder, 'agent');
  }

  async #start(
    request: PlacementRequest,
    place: PlaceRecord,
    config: string | undefined,
  ): Promise<ProcessId> {
    const { folder } = place;
    await endOldAgent(folder);
    leaveOldRelease(folder);
    assertRoom(folder);
    return startAgent({
      folder,
      listen: addressOf(place),
      platformUrl: request.platformUrl,
      artifactCache: join(place.home, 'artifact-cache'),
      compileCache: join(this.#ground.home, 'cache', 'compile'),
      config,
      onExit: () => this.#watch.check(),
    });
  }

  #change<T>({ fence }: PlacementRequest, work: (em: EntityManager) => Promise<T>): Promise<T> {
    const fenced = async (em: EntityManager) => {
      await fence?.(em);
      return work(em);
    };
    return tellingOfFullDisk(() => this.#ground.database.transaction(fenced));
  }

  async #placement(
    em: EntityManager,
    place: PlaceRecord,
    request: PlacementRequest,
    take: typeof takePort,
  ): Promise<Placement> {
    const { config, places } = this.#ground;
    const { gameHost: host, gamePorts: range } = config;
    const ports: Placement['ports'][number][] = [];
    for (const { name, protocol } of request.ports) {
      const wish = { holder: holderOf(place), name, host, range };
      ports.push({ name, protocol, host, port: await take(em, places.reservations, wish) });
    }
    return {
      agentUrl: addressOf(place),
      address: { host: config.publicHost ?? host, port: ports[0]?.port ?? 0 },
      ports,
      user: userOf(place),
      details: { folder: place.folder },
    };
  }

  #boundsOf(request: PlacementRequest, place: PlaceRecord): AgentBounds {
    const { instanceId, memoryMiB, limits } = request;
    const { bounds: isolation } = this.#ground.isolation;
    return { instanceId, user: userOf(place), memoryMiB, limits, isolation };
  }
}

const userOf = ({ uid }: PlaceRecord) => (typeof uid === 'number' ? { uid, gid: uid } : null);

/** In a folder that no game may enter. */
const addressOf = ({ folder }: PlaceRecord) => `unix:${join(folder, 'run', 'agent.sock')}`;
