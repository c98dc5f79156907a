/**
 * A platform of schedules on a real database and real operations. Instances and agents are stand-ins that
 * note what is asked of them, and the time is what the test says.
 */
import { EventEmitter } from 'node:events';
import type { ActionSpec } from '@zlh/agent';
import { Accounts, Audit, Grants, type InstanceRole } from '@zlh/accounts';
import { memoryGrants } from '@zlh/accounts/testing';
import { Agents } from '@zlh/agents';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import { Events } from '@zlh/events';
import events from '@zlh/events/platform';
import { Authenticators, problems, type Identity } from '@zlh/http';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { Hooks, Instances, type ResolvedWorkload } from '@zlh/instances';
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import { OperationKinds, Operations, type OperationView } from '@zlh/operations';
import operations from '@zlh/operations/platform';
import { Type } from 'typebox';
import {
  Clock,
  scheduledAction,
  ScheduledActions,
  type ScheduleView,
  type Skipped,
} from '../index.ts';
import schedules from '../platform.ts';

const roles: Readonly<Record<string, InstanceRole>> = {
  'schedules.read': 'operator',
  'schedules.write': 'manager',
  'instances.control': 'operator',
  'instances.console': 'operator',
  'instances.actions': 'operator',
  'operations.read': 'viewer',
};

export interface Room {
  /**
   * What was asked of agents: `say The server …`, `command list`; `heard` emits `told` for each, and
   * `asked` before a command.
   */
  readonly told: string[];
  readonly heard: EventEmitter;
  now: Date;
  /** Instances by id; `ada` owns them all. */
  readonly instances: Map<string, { desired: string; ready: boolean; version?: string }>;
  readonly shared: Map<string, Map<string, InstanceRole>>;
  /** Users who have no account any more. */
  readonly gone: Set<string>;
  /** Permissions that keys of this user lack. */
  readonly denied: Set<string>;
  /** Instances that cannot even be looked up. */
  readonly broken: Set<string>;
  /** What the action `test` does. */
  act(): Promise<Skipped>;
  /** Waited for by every command. */
  gate: Promise<void>;
  /** Waited for between the beginning of an operation and the commit. */
  begun(): Promise<void>;
}

export interface TestSchedules extends Room {
  readonly kernel: TestKernel;
  as(name: string): TestClient;
  idOf(name: string): string;
  /** A new one, running. */
  instance(): string;
  share(instanceId: string, name: string, role: InstanceRole): void;
  schedule(instanceId: string, more?: Readonly<Record<string, unknown>>): Promise<ScheduleView>;
  /** The schedule, as soon as it is as wanted. */
  until(
    schedule: Pick<ScheduleView, 'id' | 'instanceId'>,
    wanted: (now: ScheduleView) => boolean,
  ): Promise<ScheduleView>;
  /** When everything is done that is due at the test's time. */
  looked(): Promise<void>;
  operations(instanceId: string): Promise<readonly OperationView[]>;
  /** As after its start. */
  reset(now: Date): Promise<void>;
  stop(): Promise<void>;
}

export interface Options {
  readonly now: Date;
  readonly database?: Readonly<Record<string, unknown>>;
  readonly begun?: Room['begun'];
  /** Instances that exist already. */
  readonly instances?: readonly string[];
}

const ids = new Map([['ada', '00000000-0000-7000-8000-00000000ada0']]);
const idOf = (name: string) => ids.get(name) ?? ids.set(name, newId()).get(name)!;
const nameOf = (id: string) => [...ids].find(([, each]) => each === id)?.[0] ?? id;

export async function startSchedules(options: Options): Promise<TestSchedules> {
  const room: Room = {
    told: [],
    heard: new EventEmitter(),
    now: options.now,
    instances: new Map(options.instances?.map((id) => [id, { desired: 'running', ready: true }])),
    shared: new Map(),
    gone: new Set(),
    denied: new Set(),
    broken: new Set(),
    act: async () => ({ skipped: 'It is a test.' }),
    gate: Promise.resolve(),
    begun: options.begun ?? (async () => undefined),
  };
  const kernel = await startTestKernel({
    plugins: [database, http, events, operations, schedules, people(room)],
    config: {
      http: { port: 0, checkAnswers: true, rateLimits: false },
      database: options.database ?? {},
    },
    replace: [
      replacement(Clock, () => room.now),
      replacement(Grants, memoryGrants(room.shared, roles)),
      replacement(Audit, { record: async () => undefined }),
      replacement(Accounts, {
        user: async () => null,
        actingFor: async (id, label) =>
          room.gone.has(nameOf(id)) ? null : identity(room, nameOf(id), label),
        hold: async (_em, id) => !room.gone.has(nameOf(id)),
      }),
      replacement(
        Instances,
        standInInstances(room, () => kernel.use(Operations)),
      ),
      replacement(Agents, standInAgents(room)),
    ],
    logLevel: 'fatal',
  });
  const as = (name: string) => new TestClient(kernel, { authorization: `Bearer ${name}` });
  const list = async (instanceId: string): Promise<readonly ScheduleView[]> =>
    (await as('ada').get(`/api/instances/${instanceId}/schedules`)).body.items;
  const platform: TestSchedules = Object.assign(room, {
    kernel,
    as,
    idOf,
    instance() {
      const id = newId();
      room.instances.set(id, { desired: 'running', ready: true });
      return id;
    },
    share: (instanceId: string, name: string, role: InstanceRole) =>
      void room.shared.set(instanceId, new Map(room.shared.get(instanceId)).set(idOf(name), role)),
    async schedule(instanceId: string, more = {}) {
      const body = { ...nightly, ...more };
      const answer = await as('ada').post(`/api/instances/${instanceId}/schedules`, body);
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body as ScheduleView;
    },
    async until(
      { id, instanceId }: Pick<ScheduleView, 'id' | 'instanceId'>,
      wanted: (now: ScheduleView) => boolean,
    ) {
      const limit = AbortSignal.timeout(20_000);
      for (;;) {
        const now = (await list(instanceId)).find((each) => each.id === id);
        if (now !== undefined && wanted(now)) return now;
        await kernel
          .use(Events)
          .next(({ type, data }) => type === 'schedules.changed' && data['id'] === id, limit);
      }
    },
    /** By one that is due now: those before it are looked at before it. */
    async looked() {
      const id = newId();
      room.instances.set(id, { desired: 'stopped', ready: false });
      const probe = await platform.schedule(id);
      await kernel
        .use(Database)
        .fork()
        .execute('update schedules_schedule set next_at = ?, wake_at = ? where id = ?', [
          room.now,
          room.now,
          probe.id,
        ]);
      await platform.until(probe, ({ last }) => last !== null);
    },
    operations: async (instanceId: string) =>
      (await as('root').get(`/api/operations?instanceId=${instanceId}`)).body.items,
    async reset(now: Date) {
      room.now = now;
      room.told.length = 0;
      for (const all of [room.instances, room.shared, room.gone, room.denied, room.broken])
        all.clear();
      room.gate = Promise.resolve();
      await kernel.use(Database).fork().execute('truncate schedules_schedule');
    },
    stop: () => kernel.stop(),
  });
  return platform;
}

export const nightly = {
  name: 'Nightly',
  cron: '0 4 * * *',
  timeZone: 'UTC',
  action: { kind: 'restart' },
} as const;

function identity(room: Room, name: string, label = name): Identity {
  return {
    kind: 'user',
    id: idOf(name),
    label,
    administrator: name === 'root',
    can: (permission) => !room.denied.has(permission),
  };
}

function people(room: Room) {
  return definePlugin({
    id: 'people',
    needs: { hooks: Hooks },
    setup({ add }) {
      add(Authenticators, {
        async authenticate({ headers }) {
          const name = headers.authorization?.replace('Bearer ', '');
          return name === undefined ? null : identity(room, name);
        },
      });
      const test = { kind: 'test', title: 'Test', permission: 'instances.control' };
      const input = Type.Object({});
      add(ScheduledActions, scheduledAction({ ...test, input, run: () => room.act() }));
      for (const kind of ['start', 'stop', 'restart'])
        add(OperationKinds, {
          kind: `instances.${kind}`,
          label: { doing: kind, done: kind, failed: kind },
          phases: [{ name: kind, label: kind, run: () => room.gate }],
        });
    },
  });
}

function standInInstances(room: Room, operationsOf: () => Operations): Instances {
  const facts = (id: string) => ({
    id,
    kind: 'game' as const,
    name: 'Skyblock',
    game: 'test',
    variant: 'plain',
    version: room.instances.get(id)?.version ?? '1',
    ownerId: idOf('ada'),
  });
  const admit: Instances['admit'] = async (_em, id, who, permission) => {
    const role = room.shared.get(id)?.get(who.id);
    const mine = who.id === idOf('ada') || who.administrator;
    if (!room.instances.has(id) || (!mine && role === undefined))
      throw problems.notFound('instance');
    if (!mine && !memoryGrants(room.shared, roles).includes(role!, permission))
      throw problems.forbidden();
    return { ...facts(id), role: mine ? 'owner' : role! };
  };
  return {
    admit,
    findSummary: async (_em, id) => {
      if (room.broken.has(id)) throw new Error('it cannot be looked up');
      return room.instances.has(id) ? facts(id) : null;
    },
    get: async (id) => room.instances.get(id) as never,
    hold: async () => undefined,
    release: async () => undefined,
    /** Of version 1, of a game that can `say`. */
    async workload(id) {
      if (facts(id).version !== '1')
        throw problems.invalid([{ path: '/version', message: 'is not on offer' }]);
      return { spec: { actions: { say } } } as unknown as ResolvedWorkload;
    },
    async begin(em, id, action, who) {
      await admit(em, id, who, 'instances.control');
      const operation = await operationsOf().start(em, {
        kind: `instances.${action}`,
        title: action,
        instanceId: id,
        ownerId: idOf('ada'),
        requestedBy: who.label,
        input: {},
      });
      await room.begun();
      return operation;
    },
    agentTarget: async (instanceId) => ({ instanceId, url: 'unix:/nowhere/agent.sock' }),
    findAgentTarget: async (_em, instanceId) => ({ instanceId, url: 'unix:/nowhere/agent.sock' }),
    agentOf: () => {
      throw new Error('no schedule runs an operation of an agent');
    },
    usage: async () => ({ instances: 0, memoryMiB: 0, diskMiB: 0 }),
    revise: async () => undefined,
    configure: async () => undefined,
    cancelConfigure: async () => undefined,
  };
}

const say = {
  title: 'Say',
  command: 'say {input:message}',
  input: {
    type: 'object',
    properties: { message: { type: 'string', pattern: '^[^/]*$', maxLength: 30 } },
    required: ['message'],
    additionalProperties: false,
  },
} as const satisfies ActionSpec;

/** Agents of a game that can `say`. */
function standInAgents(room: Room): Agents {
  const tell = (what: string) => {
    room.told.push(what);
    room.heard.emit('told');
  };
  const agents: Pick<Agents, 'request' | 'command'> = {
    async request(_target, { path, body }) {
      if (path === '/actions')
        return { items: [{ name: 'say', description: null, ...say }] } as never;
      const { input } = body as { input: Record<string, unknown> };
      tell(`${path.split('/').at(-1)} ${Object.values(input).join(' ')}`);
      return { ok: true, result: {} } as never;
    },
    async command(_target, command) {
      room.heard.emit('asked');
      await room.gate;
      tell(`command ${command}`);
    },
  };
  return agents as Agents;
}

export const forget = (kernel: TestKernel, instanceId: string): Promise<void> =>
  kernel.use(Database).transaction(async (em) => {
    for (const { value } of kernel.points(Hooks)) await value.deleted?.(em, instanceId);
  });
