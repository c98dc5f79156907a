/**
 * The provider of this machine: a container is a folder below the home, and its agent a process. Nothing separates
 * instances but user ids (under root), which is why hosts with customers use a provider with real containers.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LockMode } from '@mikro-orm/postgresql';
import type { Agents } from '@zlh/agents';
import type { Database, EntityManager } from '@zlh/database';
import type { Placement, PlacementRequest, Provider } from '@zlh/instances';
import { CodedError, type Logger } from '@zlh/kernel';
import { startAgent } from './agent-process.ts';
import { AgentWatch } from './agent-watch.ts';
import { furnish, removeFolder } from './folders.ts';
import { providerId } from './index.ts';
import { takePort } from './ports.ts';
import { endAll, isAgentOf, killAll, processesOf, untilGone } from './processes.ts';
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
  readonly home: string;
  readonly log: Logger;
}

/** Agents listen here: only the platform speaks to them. */
const agentHost = '127.0.0.1';
/** A game's own graceful stop may take this long before everything in the folder is killed. */
const gracefulMs = 90_000;
/** And this long where no agent can be asked. */
const withoutAgentMs = 15_000;

export class LocalProvider implements Provider {
  readonly id = providerId;
  readonly #ground: Ground;
  readonly #machine = hostname();
  readonly #watch = new AgentWatch((instanceId) => void this.#lost(instanceId));

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async create(request: PlacementRequest): Promise<Placement> {
    const { database, config, home } = this.#ground;
    return database.transaction(async (em) => {
      await this.#claim(em, request);
      const place = this.#here(await lock(em, request.instanceId));
      const { instanceId } = request;
      const take = (name: string, host: string, range: LocalSettings['gamePorts']) =>
        takePort(em, { machine: place.machine, instanceId, name, host, range });
      const ports: Placement['ports'][number][] = [];
      for (const { name, protocol } of request.ports)
        ports.push({
          name,
          protocol,
          host: config.gameHost,
          port: await take(name, config.gameHost, config.gamePorts),
        });
      const agentPort = await take('agent', agentHost, config.agentPorts);
      mkdirSync(join(home, 'artifact-cache'), { recursive: true, mode: 0o755 });
      return {
        agentUrl: `http://${agentHost}:${agentPort}`,
        address: { host: config.publicHost ?? config.gameHost, port: ports[0]?.port ?? 0 },
        ports,
        user: typeof place.uid === 'number' ? { uid: place.uid, gid: place.uid } : null,
        details: { machine: place.machine, folder: place.folder },
      };
    });
  }

  /** Whoever else wants to bring the same agent up, or to remove it, waits: there is never a second one, or one too late. */
  ensureRunning(request: PlacementRequest, placement: Placement): Promise<Placement> {
    const { database, home, config } = this.#ground;
    return database.transaction(async (em) => {
      const { folder, home: placeHome } = this.#here(await lock(em, request.instanceId));
      furnish(folder, request.agentToken);
      const running = processesOf(folder).find((pid) => isAgentOf(pid, folder));
      const pid =
        running ??
        (await startAgent({
          folder,
          host: agentHost,
          port: Number(new URL(placement.agentUrl).port),
          platformUrl: request.platformUrl,
          artifactCache: join(placeHome, 'artifact-cache'),
          compileCache: join(home, 'cache', 'compile'),
          config: config.agentConfig,
        }));
      this.#watch.watch(request.instanceId, pid, folder);
      return placement;
    });
  }

  remove(instanceId: string): Promise<void> {
    return this.#ground.database.transaction(async (em) => {
      const found = await lock(em, instanceId);
      if (found === null) return;
      const { folder } = this.#here(found);
      this.#watch.forget(instanceId);
      await killAll(folder);
      await removeFolder(folder);
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
    const { database, home, config } = this.#ground;
    this.#watch.stop();
    if (config.keepRunning) return;
    const places = await database.fork().find(Place, { machine: this.#machine, home });
    await Promise.all(places.map((place) => this.#stop(place)));
  }

  async #stop({ instanceId, folder }: PlaceRecord): Promise<void> {
    const { database, agents, log } = this.#ground;
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
      if (!(await untilGone(folder, gracefulMs))) {
        log.warn({ instanceId }, `still running after ${gracefulMs / 1000} s: killed`);
        await killAll(folder);
      }
    } catch (error) {
      log.warn({ err: error, instanceId }, 'the agent could not be asked to stop');
      await endAll(folder, withoutAgentMs);
    }
    // Its last report said it runs; nobody is to be sent there until its agent speaks again.
    await agents.lost(instanceId);
  }

  async #lost(instanceId: string): Promise<void> {
    const { agents, log } = this.#ground;
    log.warn({ instanceId }, 'the agent has ended; it is brought up again');
    try {
      await agents.lost(instanceId);
    } catch (error) {
      log.warn({ err: error, instanceId }, 'its end could not be noted; its silence will be');
    }
  }

  /** The folder is decided and written down before it is made, so that whoever goes on after a crash finds it. */
  async #claim(em: EntityManager, { instanceId, vmid }: PlacementRequest): Promise<void> {
    const { home, config } = this.#ground;
    const folder = join(home, 'instances', instanceId);
    const uid = uidFor(vmid, folder, config.firstUid);
    await em.execute(
      'insert into provider_local_place (instance_id, machine, home, folder, uid) values (?, ?, ?, ?, ?) on conflict do nothing',
      [instanceId, this.#machine, home, folder, uid],
    );
  }

  #here(place: PlaceRecord | null): PlaceRecord {
    if (place === null)
      throw new CodedError(
        'PROVIDER_LOCAL_NO_PLACE',
        'This instance has no folder on any machine.',
        'Delete it.',
      );
    if (place.machine === this.#machine) return place;
    throw new CodedError(
      'PROVIDER_LOCAL_ELSEWHERE',
      `This instance lives on the machine "${place.machine}".`,
      'Start the platform there, and retry.',
    );
  }
}

function lock(em: EntityManager, instanceId: string): Promise<PlaceRecord | null> {
  return em.findOne(Place, { instanceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
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
