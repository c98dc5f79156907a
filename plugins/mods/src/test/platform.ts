/**
 * A platform of mods on a real database, real operations (one at a time) and a real artifact store. Instances and their
 * agents are stand-ins whose files are what the test says.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { Audit, Grants } from '@zlh/accounts';
import { memoryGrants } from '@zlh/accounts/testing';
import { Agents } from '@zlh/agents';
import { ArtifactStore } from '@zlh/artifacts';
import { Catalog } from '@zlh/catalog';
import catalog from '@zlh/catalog/platform';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { Events } from '@zlh/events';
import events from '@zlh/events/platform';
import { Authenticators, problems } from '@zlh/http';
import http from '@zlh/http/platform';
import { sampleOf, TestClient } from '@zlh/http/testing';
import { Hooks, Instances, InstanceView } from '@zlh/instances';
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import operations from '@zlh/operations/platform';
import { modded, offerModded } from '../../../../test/support/loader-game.ts';
import { Collector } from '../jar/collector.ts';
import mods from '../platform.ts';
import type { ModView } from '../views.ts';

interface Room {
  readonly ownerId: string;
  /** By instance, then by path. */
  readonly files: Map<string, Map<string, Buffer>>;
  /** What agents were asked for: paths. */
  readonly fetched: string[];
  /** What the agent does for every installation. */
  install(): Promise<void>;
}

export class TestMods {
  readonly kernel: TestKernel;
  readonly client: TestClient;
  readonly room: Room;
  readonly #home: string;

  private constructor(kernel: TestKernel, room: Room, home: string) {
    this.kernel = kernel;
    this.room = room;
    this.client = new TestClient(kernel, { authorization: 'Bearer ada' });
    this.#home = home;
  }

  static async start(settings: Readonly<Record<string, unknown>> = {}): Promise<TestMods> {
    const home = mkdtempSync(join(tmpdir(), 'zlh-mods-'));
    await offerModded(home);
    const room: Room = {
      ownerId: newId(),
      files: new Map(),
      fetched: [],
      install: async () => undefined,
    };
    const kernel = await startTestKernel({
      home,
      plugins: [database, http, events, operations, catalog, mods, people(room)],
      config: {
        http: { port: 0, checkAnswers: true, rateLimits: false },
        operations: { concurrency: 1 },
        catalog: { refreshHours: 0 },
        mods: { modrinthUrl: 'http://127.0.0.1:9', ...settings },
      },
      replace: [
        replacement(Grants, memoryGrants()),
        replacement(Audit, { record: async () => undefined }),
        replacement(
          Instances,
          standInInstances(room, () => kernel.use(Catalog)),
        ),
        replacement(Agents, standInAgents(room)),
      ],
      logLevel: 'fatal',
    });
    return new TestMods(kernel, room, home);
  }

  async stop(): Promise<void> {
    await this.kernel.stop();
    rmSync(this.#home, { recursive: true });
  }

  /** A new one, with these files. */
  instance(files: Readonly<Record<string, Buffer>> = {}): string {
    const id = newId();
    this.room.files.set(id, new Map(Object.entries(files)));
    return id;
  }

  install(instanceId: string, path: string) {
    const wanted = { source: 'upload', path };
    return this.client.post(`/api/instances/${instanceId}/mods`, wanted);
  }

  /** Through to its end; answers the code of its error. */
  async installed(instanceId: string, path: string): Promise<string | null> {
    const { status, body } = await this.install(instanceId, path);
    return status === 202 ? this.over(body.operation.id) : body.code;
  }

  /** Through to its end; answers the code of its error. */
  async removed(instanceId: string, project: string): Promise<string | null> {
    const { body } = await this.remove(instanceId, project);
    return this.over(body.operation.id);
  }

  async remove(instanceId: string, project: string) {
    const { id } = (await this.mods(instanceId)).find((mod) => mod.project === project)!;
    return this.client.delete(`/api/instances/${instanceId}/mods/${id}`);
  }

  async projects(instanceId: string): Promise<string[]> {
    return (await this.mods(instanceId)).map(({ project }) => project);
  }

  async mods(instanceId: string): Promise<ModView[]> {
    const { body } = await this.client.get(`/api/instances/${instanceId}/mods`);
    return body.items as ModView[];
  }

  /** The code of its error once it is over; null when all went well. */
  async over(operationId: string): Promise<string | null> {
    for (;;) {
      const changed = this.kernel
        .use(Events)
        .next(({ data }) => data['id'] === operationId, AbortSignal.timeout(60_000));
      changed.catch(() => undefined); // not waited for in the end
      const { body } = await this.client.get(`/api/operations/${operationId}`);
      if (body.state === 'cancelled') return 'cancelled';
      if (!['queued', 'running'].includes(body.state)) return body.error?.code ?? null;
      await changed;
    }
  }

  /** Hashes of all that lies in the store. */
  stored(): string[] {
    return readdirSync(join(this.#home, 'artifacts'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .toSorted();
  }

  /** Resolves as soon as the store holds these, and nothing else. */
  async untilStored(...hashes: readonly string[]): Promise<void> {
    const wanted = hashes.toSorted().join();
    const limit = AbortSignal.timeout(20_000);
    // Watching folders that come and go misses changes; looking does not.
    while (this.stored().join() !== wanted) {
      limit.throwIfAborted();
      await setTimeout(20);
    }
  }

  collector(): Collector {
    const ground = {
      database: this.kernel.use(Database),
      artifactStore: this.kernel.use(ArtifactStore),
    };
    const log = { info: () => undefined } as never;
    return new Collector({ ...ground, log });
  }

  /** As when the instance is deleted. */
  delete(instanceId: string): Promise<void> {
    return this.kernel.use(Database).transaction(async (em) => {
      for (const { value } of this.kernel.points(Hooks)) await value.deleted?.(em, instanceId);
    });
  }
}

function people({ ownerId: id }: Room) {
  return definePlugin({
    id: 'people',
    needs: { hooks: Hooks },
    setup({ add }) {
      const identity = { kind: 'user', id, label: 'ada', administrator: true } as const;
      add(Authenticators, { authenticate: async () => ({ ...identity, can: () => true }) });
    },
  });
}

function standInInstances(room: Room, catalogOf: () => Catalog): Instances {
  const facts = (id: string) => {
    if (!room.files.has(id)) throw problems.notFound('instance');
    return { ...modded, id, name: 'Modded', ownerId: room.ownerId };
  };
  const target = (instanceId: string) => ({ instanceId, url: 'unix:/nowhere/agent.sock' });
  const instances: Partial<Instances> = {
    admit: async (_em, id) => ({ ...facts(id), role: 'owner' }),
    get: async () => ({ ...(sampleOf(InstanceView) as InstanceView), observed: 'running' }),
    findSummary: async (_em, id) => facts(id),
    agentTarget: async (id) => target(id),
    findAgentTarget: async (_em, id) => target(id),
    async workload() {
      const { game, variant, version, hostPrefix, ...workload } =
        await catalogOf().blueprint(modded);
      return { ...workload, hostnameStem: hostPrefix, software: { game, variant, version } };
    },
    revise: async () => undefined,
    configure: () => room.install(),
    cancelConfigure: async () => undefined,
  };
  return instances as Instances;
}

function standInAgents(room: Room): Agents {
  const agents: Pick<Agents, 'stream'> = {
    async stream({ instanceId }, { path }) {
      const name = new URL(path, 'http://agent').searchParams.get('path')!;
      room.fetched.push(name);
      const content = room.files.get(instanceId)?.get(name);
      if (content === undefined) throw problems.notFound('file');
      return { status: 200, headers: {}, body: Readable.from([content]) };
    },
  };
  return agents as Agents;
}
