/**
 * A platform with instances on a provider whose containers are fake agents, a catalog of one game, and
 * callers by name.
 */
import { Accounts, Audit, Grants, type AuditEntry, type InstanceRole } from '@zlh/accounts';
import { memoryAccounts, memoryGrants } from '@zlh/accounts/testing';
import { reportAs } from '@zlh/agents/testing';
import agents from '@zlh/agents/platform';
import { ArtifactStore } from '@zlh/artifacts';
import { newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { Events } from '@zlh/events';
import events from '@zlh/events/platform';
import { Authenticators, problems } from '@zlh/http';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import operations from '@zlh/operations/platform';
import { Type } from 'typebox';
import {
  InstanceKinds,
  Providers,
  type InstanceKind,
  type InstanceRequest,
  type InstanceView,
  type Placement,
  type Provider,
  type ResolvedWorkload,
} from '../index.ts';
import instances from '../platform.ts';
import { startFakeAgent, type FakeAgent } from './fake-agent.ts';

export class FakeProvider implements Provider {
  readonly id = 'fake';
  readonly agents = new Map<string, FakeAgent>();
  /** Waited for by `create`. */
  gate: Promise<void> = Promise.resolve();
  brought = 0;
  /** Unknown unless a test sets it. */
  capacity?: NonNullable<Provider['capacity']>;
  /** Agents come up again at other addresses. */
  moves = false;
  #made: ((agent: FakeAgent) => void) | undefined;
  #started: ((agent: FakeAgent) => void) | undefined;

  /** The next one that is made, before anything is asked of it. */
  nextAgent(): Promise<FakeAgent> {
    return new Promise((resolve) => (this.#made = resolve));
  }

  /** The next agent that comes up again. */
  nextStart(): Promise<FakeAgent> {
    return new Promise((resolve) => (this.#started = resolve));
  }

  async create({ instanceId, ports }: Parameters<Provider['create']>[0]): Promise<Placement> {
    await this.gate;
    const agent = this.agents.get(instanceId) ?? (await startFakeAgent());
    this.agents.set(instanceId, agent);
    this.#made?.(agent);
    const game = { host: '127.0.0.1', port: 25_565 };
    return {
      agentUrl: agent.url,
      address: game,
      ports: ports.map((port) => ({ ...port, ...game })),
      user: null,
      details: {},
    };
  }

  /** Brings an agent that a test has closed up again, where it was unless it `moves`. */
  async ensureRunning(
    { instanceId }: Parameters<Provider['create']>[0],
    placement: Placement,
  ): Promise<Placement> {
    this.brought++;
    const before = this.agents.get(instanceId)!;
    if (!closed.has(before)) return placement;
    const agent = await startFakeAgent(this.moves ? undefined : placement.agentUrl);
    this.agents.set(instanceId, agent);
    this.#started?.(agent);
    return { ...placement, agentUrl: agent.url };
  }

  /** As if it had been killed. */
  kill(instanceId: string): void {
    const agent = this.agents.get(instanceId)!;
    closed.add(agent);
    agent.close();
  }

  async remove(instanceId: string): Promise<void> {
    this.agents.get(instanceId)?.close();
    this.agents.delete(instanceId);
  }

  async list(): Promise<readonly string[]> {
    return [...this.agents.keys()];
  }
}
const closed = new WeakSet<FakeAgent>();

/** A kind whose resolutions are counted. */
export class FakeKind implements InstanceKind {
  readonly kind = 'game';
  readonly request = Type.Object({
    game: Type.String({ minLength: 1 }),
    variant: Type.String(),
    version: Type.String(),
  });
  resolutions = 0;
  label = 'Test · Plain 1';

  async resolve({ game, version }: InstanceRequest): Promise<ResolvedWorkload> {
    this.resolutions++;
    if (game !== 'test') throw problems.invalid([{ path: '/game', message: 'is not on offer' }]);
    return {
      label: this.label,
      hostnameStem: 'mc-plain',
      software: { game: 'test', variant: 'plain', version: String(version) },
      memoryMiB: { min: 256, default: 512, max: 4096 },
      limits: { diskMiB: 2048 },
      artifacts: [],
      ports: [{ name: 'game', protocol: 'tcp' }],
      spec: {
        launch: { command: 'true', args: [], env: {} },
        stop: [],
        files: [],
        probe: {
          kind: 'log',
          intervalMs: 100,
          timeoutMs: 100,
          startupTimeoutMs: 1000,
          failuresToUnready: 1,
        },
        crash: { backoffInitialMs: 0, backoffMaxMs: 0, stableAfterMs: 0, maxCrashes: 0 },
      },
      save: null,
      backup: { include: ['world'], exclude: [] },
    };
  }
}
/** Takes other members than a game. */
const otherKind: InstanceKind = {
  kind: 'other',
  request: Type.Object({ size: Type.Integer({ minimum: 1 }) }),
  async resolve({ size }) {
    const software = { game: 'other', variant: 'sized', version: String(size) };
    return { ...(await new FakeKind().resolve(wanted)), hostnameStem: 'other', software };
  },
};
/** The one that every spec consists of. */
export const artifact = {
  name: 'game',
  sha256: 'a'.repeat(64),
  size: 1,
  format: 'file',
  fileName: 'game',
} as const;
/** Hashes that were read whole. */
export const verified: string[] = [];
const store: ArtifactStore = {
  ensure: async () => [artifact],
  verify: async (sha256) => {
    verified.push(sha256);
    return false;
  },
  read: async () => null,
  sources: async () => [],
  discard: async () => undefined,
};

const roles = {
  'instances.read': 'viewer',
  'instances.control': 'operator',
  'instances.console': 'operator',
  'instances.actions': 'operator',
  'operations.read': 'viewer',
  'operations.write': 'manager',
} as const;

export interface TestInstances {
  readonly kernel: TestKernel;
  readonly provider: FakeProvider;
  readonly kind: FakeKind;
  readonly audit: AuditEntry[];
  /** Shares an instance by the caller's name, without a word to anybody. */
  share(instanceId: string, name: string, role: InstanceRole): void;
  /** A client of its own; `root` is an administrator. */
  as(name: string): TestClient;
  /** The report of an instance's agent. */
  report(instanceId: string, status: unknown): Promise<number>;
  /** Created and running. */
  created(name?: string): Promise<InstanceView>;
  /** The operation, once it is over. */
  over(
    operationId: string,
  ): Promise<{ readonly state: string; readonly error: { readonly code: string } | null }>;
  stop(): Promise<void>;
}

export async function startInstances(
  settings: Readonly<Record<string, unknown>> = {},
): Promise<TestInstances> {
  const provider = new FakeProvider();
  const kind = new FakeKind();
  const audit: AuditEntry[] = [];
  const shared = new Map<string, Map<string, InstanceRole>>();
  const gone = new Set<string>();
  const ids = new Map<string, string>();
  const idOf = (name: string) => ids.get(name) ?? ids.set(name, newId()).get(name)!;
  const people = definePlugin({
    id: 'people',
    setup({ add }) {
      add(Providers, provider);
      add(InstanceKinds, kind);
      add(InstanceKinds, otherKind);
      add(Authenticators, {
        async authenticate({ headers }) {
          const name = headers.authorization?.replace('Bearer ', '');
          if (name === undefined || name.startsWith('zla_')) return null;
          return {
            kind: 'user',
            id: idOf(name),
            label: name,
            administrator: name === 'root',
            can: () => true,
          };
        },
      });
    },
  });
  const kernel = await startTestKernel({
    plugins: [database, http, events, operations, agents, instances, people],
    config: {
      http: { port: 0, checkAnswers: true, rateLimits: false },
      instances: { provider: 'fake', ...settings },
    },
    replace: [
      replacement(ArtifactStore, store),
      replacement(Accounts, memoryAccounts(gone)),
      replacement(Grants, memoryGrants(shared, roles)),
      replacement(Audit, { record: async (_em, entry) => void audit.push(entry) }),
    ],
    logLevel: 'silent',
  });
  let sequence = 0;
  const as = (name: string) => new TestClient(kernel, { authorization: `Bearer ${name}` });
  const over: TestInstances['over'] = async (id) => {
    const root = as('root');
    for (;;) {
      const changed = kernel
        .use(Events)
        .next(({ data }) => data['id'] === id, AbortSignal.timeout(60_000));
      changed.catch(() => undefined); // not waited for in the end
      const { body } = await root.get(`/api/operations/${id}`);
      if (!['queued', 'running'].includes(body.state)) return body;
      await changed;
    }
  };
  return {
    kernel,
    provider,
    kind,
    audit,
    share: (instanceId, name, role) =>
      void shared.set(instanceId, new Map(shared.get(instanceId)).set(idOf(name), role)),
    as,
    over,
    report: (id, status) => reportAs(kernel, id, { sequence: ++sequence, status }),
    async created(name = 'ada') {
      const { body } = await as(name).post('/api/instances', wanted);
      await over(body.operation.id);
      return (await as(name).get(`/api/instances/${body.instance.id}`)).body;
    },
    async stop() {
      await kernel.stop();
      for (const agent of provider.agents.values()) agent.close();
    },
  };
}

export const wanted = {
  kind: 'game',
  name: 'Skyblock',
  game: 'test',
  variant: 'plain',
  version: '1',
} as const;
