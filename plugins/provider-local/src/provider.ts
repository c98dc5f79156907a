/**
 * The provider of this machine: a container is a folder below the home, and its agent a process. Nothing separates
 * instances but user ids (under root), which is why hosts with customers use a provider with real containers.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AgentObserver, Agents } from '@zlh/agents';
import type { Database, EntityManager } from '@zlh/database';
import type { Placement, PlacementRequest, Provider } from '@zlh/instances';
import { CodedError, type Contribution, type Logger } from '@zlh/kernel';
import { startAgent } from './agent-process.ts';
import { providerId } from './index.ts';
import { takePort } from './ports.ts';
import { isAgentOf, killAll, processesOf, untilGone } from './processes.ts';
import { Place, type PlaceRecord } from './schema.ts';
import { isOpenWay, uidFor } from './users.ts';

export interface LocalSettings {
  readonly gameHost: string;
  readonly publicHost?: string;
  readonly gamePorts: { readonly from: number; readonly to: number };
  readonly agentPorts: { readonly from: number; readonly to: number };
  readonly firstUid: number;
  readonly keepRunning: boolean;
  readonly agentConfig?: string;
}

interface Ground {
  readonly config: LocalSettings;
  readonly database: Database;
  readonly agents: Agents;
  readonly observers: readonly Contribution<AgentObserver>[];
  readonly home: string;
  readonly log: Logger;
}

/** Agents listen here: only the platform speaks to them. */
const agentHost = '127.0.0.1';
/** A game's own graceful stop may take this long before everything in the folder is killed. */
const gracefulMs = 90_000;

export class LocalProvider implements Provider {
  readonly id = providerId;
  readonly #ground: Ground;
  readonly #machine = hostname();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async create(request: PlacementRequest): Promise<Placement> {
    const { database, config, home } = this.#ground;
    const { place, agentPort, ports } = await database.transaction(async (em) => {
      const record = await this.#claim(em, request);
      const take = (name: string, host: string, range: LocalSettings['gamePorts']) =>
        takePort(em, { machine: this.#machine, instanceId: request.instanceId, name, host, range });
      const given: Placement['ports'][number][] = [];
      for (const { name, protocol } of request.ports)
        given.push({
          name,
          protocol,
          host: config.gameHost,
          port: await take(name, config.gameHost, config.gamePorts),
        });
      return {
        place: record,
        agentPort: await take('agent', agentHost, config.agentPorts),
        ports: given,
      };
    });
    mkdirSync(join(home, 'artifact-cache'), { recursive: true, mode: 0o755 });
    this.#furnish(place, request);
    const first = ports[0];
    return {
      agentUrl: `http://${agentHost}:${agentPort}`,
      address: { host: config.publicHost ?? config.gameHost, port: first?.port ?? 0 },
      ports,
      user: typeof place.uid !== 'number' ? null : { uid: place.uid, gid: place.uid },
      details: { machine: place.machine, folder: place.folder },
    };
  }

  async ensureRunning(request: PlacementRequest, placement: Placement): Promise<Placement> {
    const { home, config } = this.#ground;
    const place = await this.#place(request.instanceId);
    if (place === null)
      throw new CodedError(
        'PROVIDER_LOCAL_NO_PLACE',
        'This instance has no folder on any machine.',
        'Delete it.',
      );
    if (place.machine !== this.#machine)
      throw new CodedError(
        'PROVIDER_LOCAL_ELSEWHERE',
        `This instance lives on the machine "${place.machine}".`,
        'Start the platform there.',
      );
    this.#furnish(place, request);
    if (processesOf(place.folder).some((pid) => isAgentOf(pid, place.folder))) return placement;
    await startAgent({
      folder: place.folder,
      host: agentHost,
      port: Number(new URL(placement.agentUrl).port),
      platformUrl: request.platformUrl,
      artifactCache: join(place.home, 'artifact-cache'),
      compileCache: join(home, 'cache', 'compile'),
      config: config.agentConfig,
    });
    return placement;
  }

  async remove(instanceId: string): Promise<void> {
    const { database } = this.#ground;
    const place = await this.#place(instanceId);
    if (place === null) return;
    if (place.machine !== this.#machine)
      throw new CodedError(
        'PROVIDER_LOCAL_ELSEWHERE',
        `This instance lives on the machine "${place.machine}".`,
        'Start the platform there, and retry.',
      );
    await killAll(place.folder);
    rmSync(place.folder, { recursive: true, force: true, maxRetries: 3 });
    await database.transaction(async (em) => {
      await em.execute('delete from provider_local_port where instance_id = ?', [instanceId]);
      await em.execute('delete from provider_local_place where instance_id = ?', [instanceId]);
    });
  }

  async list(): Promise<readonly string[]> {
    const folder = join(this.#ground.home, 'instances');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  /** When the platform stops: every agent of this home ends its game gracefully, then itself. */
  async stopAll(): Promise<void> {
    const { database, agents, home, config, log } = this.#ground;
    if (config.keepRunning) return;
    const places = await database.fork().find(Place, { machine: this.#machine, home });
    await Promise.all(
      places.map(async ({ instanceId, folder }) => {
        if (processesOf(folder).length === 0) return;
        try {
          const [row] = await database
            .fork()
            .execute<{ port: number }[]>(
              `select port from provider_local_port where instance_id = ? and name = 'agent'`,
              [instanceId],
            );
          if (row !== undefined)
            await agents.shutdown({ instanceId, url: `http://${agentHost}:${row.port}` }, true);
        } catch (error) {
          log.warn({ err: error, instanceId }, 'the agent could not be asked to stop');
          return killAll(folder);
        }
        if (!(await untilGone(folder, gracefulMs))) {
          log.warn({ instanceId }, `still running after ${gracefulMs / 1000} s: killed`);
          await killAll(folder);
        }
        await this.#gone(instanceId);
      }),
    );
  }

  /** Its last report said it runs; nobody is to be sent there until its agent speaks again. */
  async #gone(instanceId: string): Promise<void> {
    const { database, observers } = this.#ground;
    await database.transaction(async (em) => {
      for (const { value } of observers) await value.silent(em, instanceId);
    });
  }

  /** The folder is decided and written down before it is made, so that whoever goes on after a crash finds it. */
  async #claim(em: EntityManager, { instanceId, vmid }: PlacementRequest): Promise<PlaceRecord> {
    const found = await em.findOne(Place, { instanceId });
    if (found !== null) return found;
    const { home, config } = this.#ground;
    const folder = join(home, 'instances', instanceId);
    const place = em.create(Place, {
      instanceId,
      machine: this.#machine,
      home,
      folder,
      uid: uidFor(vmid, folder, config.firstUid),
    });
    await em.flush();
    return place;
  }

  #furnish({ folder }: PlaceRecord, { agentToken }: PlacementRequest): void {
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const file = join(folder, 'agent-token');
    if (!existsSync(file)) writeFileSync(file, `${agentToken}\n`, { mode: 0o600, flush: true });
  }

  #place(instanceId: string): Promise<PlaceRecord | null> {
    return this.#ground.database.fork().findOne(Place, { instanceId });
  }
}

/** Games under root run as root when nobody else can reach the home: said once, at start. */
export function warnOfRoot(home: string, { firstUid }: LocalSettings, log: Logger): void {
  if (
    process.getuid?.() !== 0 ||
    (firstUid !== 0 && isOpenWay(join(home, 'instances', 'x', 'data')))
  )
    return;
  log.warn(
    'games will run as root, because other users cannot reach the home: move it (ZLH_HOME) to a folder like /srv/zlh, or start the platform as an ordinary user',
  );
}
