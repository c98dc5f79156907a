/** A platform of history: real reports over HTTP, one agent that answers for its crashes, instances that only exist. */
import type { CrashRecord } from '@zlh/agent';
import { Grants } from '@zlh/accounts';
import { memoryGrants } from '@zlh/accounts/testing';
import { Agents } from '@zlh/agents';
import agents from '@zlh/agents/platform';
import { listenAsAgent, reportAs } from '@zlh/agents/testing';
import { Database, newId } from '@zlh/database';
import database from '@zlh/database/platform';
import events from '@zlh/events/platform';
import { Authenticators, problems } from '@zlh/http';
import http from '@zlh/http/platform';
import { TestClient } from '@zlh/http/testing';
import { Hooks, Instances } from '@zlh/instances';
import { definePlugin } from '@zlh/kernel';
import { replacement, startTestKernel, type TestKernel } from '@zlh/kernel/testing';
import history from '../platform.ts';

export interface TestHistory {
  readonly kernel: TestKernel;
  readonly client: TestClient;
  /** What the agent of each instance has on record, newest first. */
  readonly onRecord: Map<string, CrashRecord[]>;
  sql<T>(query: string, values?: unknown[]): Promise<T[]>;
  instance(): Promise<string>;
  report(instanceId: string, more: object): Promise<number>;
  deleted(instanceId: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startHistory(): Promise<TestHistory> {
  const onRecord = new Map<string, CrashRecord[]>();
  const agent = await listenAsAgent(({ url }, response) => {
    const { pathname, searchParams } = new URL(url!, 'http://agent');
    const all = onRecord.get(pathname.split('/')[1]!) ?? [];
    const from = Number(searchParams.get('cursor') ?? 0);
    const limit = Number(searchParams.get('limit'));
    const nextCursor = all.length > from + limit ? String(from + limit) : null;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ items: all.slice(from, from + limit), nextCursor }));
  });

  const kernel = await startTestKernel({
    plugins: [database, http, events, agents, history, somebody],
    config: { http: { port: 0, checkAnswers: true, rateLimits: false } },
    replace: [
      replacement(Grants, memoryGrants()),
      replacement(
        Instances,
        standIn((id) => onRecord.has(id)),
      ),
    ],
    logLevel: 'fatal',
  });
  // The agent of each is one server: its address would tell them apart by path, which only tests can do.
  const real = kernel.use(Agents);
  const ask = real.request.bind(real);
  real.request = (target, question) =>
    ask(
      { ...target, url: agent.url },
      { ...question, path: `/${target.instanceId}${question.path}` },
    );
  let sequence = Date.now();
  return {
    kernel,
    client: new TestClient(kernel, { authorization: 'Bearer ada' }),
    onRecord,
    sql: (query, values = []) => kernel.use(Database).fork().execute(query, values),
    async instance() {
      const id = newId();
      onRecord.set(id, []);
      await kernel.use(Database).transaction((em) => kernel.use(Agents).register(em, id));
      return id;
    },
    async report(id, more) {
      return reportAs(kernel, id, { sequence: ++sequence, status: { ...status, ...more } });
    },
    deleted: (id) =>
      kernel.use(Database).transaction(async (em) => {
        for (const { value } of kernel.points(Hooks)) await value.deleted?.(em, id);
      }),
    async stop() {
      await kernel.stop();
      agent.close();
    },
  };
}

const somebody = definePlugin({
  id: 'somebody',
  needs: { hooks: Hooks },
  setup({ add }) {
    add(Authenticators, {
      async authenticate({ headers }) {
        const name = headers.authorization?.replace('Bearer ', '');
        if (name === undefined || name.startsWith('zla_')) return null;
        return {
          kind: 'user',
          id: newId(),
          label: name,
          administrator: name === 'ada',
          can: (permission) => name !== 'narrow' || permission !== 'instances.console',
        };
      },
    });
  },
});

function standIn(exists: (id: string) => boolean): Instances {
  const facts = { kind: 'game', name: 'x', game: 'x', variant: 'x', version: '1' } as const;
  const known: Pick<Instances, 'admit' | 'findSummary' | 'findAgentTarget'> = {
    async admit(_em, id, identity, permission) {
      if (!exists(id)) throw problems.notFound('instance');
      if (identity.label === 'viewer' && permission !== 'instances.read')
        throw problems.forbidden();
      return { ...facts, id, ownerId: id, role: 'owner' };
    },
    findSummary: async (_em, id) => (exists(id) ? { ...facts, id, ownerId: id } : null),
    findAgentTarget: async (_em, instanceId) => ({ instanceId, url: 'unix:/nowhere/agent.sock' }),
  };
  return known as Instances;
}

const status = {
  instanceId: null,
  agentVersion: '1',
  revision: 1,
  state: 'running',
  ready: true,
  since: '2026-01-01T00:00:00.000Z',
  readySince: null,
  operation: null,
  maintenance: null,
  crash: null,
  provisioningComplete: true,
  players: null,
  usage: null,
  address: null,
} as const;

export function crash(id: string, at: string): CrashRecord {
  return {
    id,
    at,
    reason: 'exit-code',
    detail: 'It ended with code 1.',
    exitCode: 1,
    signal: null,
    count: 1,
    retryAt: null,
    gaveUp: false,
    runId: 'r',
    startedAt: at,
    uptimeMs: 5,
    wasReady: true,
    lastLines: [`last words of ${id}`],
  };
}
