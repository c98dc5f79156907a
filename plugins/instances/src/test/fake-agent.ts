/** An agent as the platform sees it: what it is asked it does at once, unless a test says otherwise. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AgentOperation, InstanceSpec } from '@zlh/agent';
import { listenAsAgent } from '@zlh/agents/testing';
import { WebSocketServer, type WebSocket } from 'ws';

export interface FakeAgent {
  readonly url: string;
  /** `POST /start`, in order. */
  readonly asked: string[];
  /** The last it was given. */
  spec: InstanceSpec | undefined;
  /** The answer to `GET /status`; operations that succeed change it. */
  status: object;
  /** The status that a failed start leaves behind. */
  afterFailure: object;
  /** The state in which each operation is answered. */
  outcome: AgentOperation['state'];
  /** Operations of this kind (`config`, `start`) do not come to an end meanwhile. */
  held: string | undefined;
  /** The revision that is installed; lower ones are refused unless they supersede it. */
  installed: number;
  /** Codes with which the next installations fail. */
  readonly rotten: string[];
  /** What `GET /metrics` answers. */
  figures: string;
  readonly consoles: WebSocketServer;
  /** The next console that is opened. */
  console(): Promise<WebSocket>;
  close(): void;
}

export async function startFakeAgent(at?: string): Promise<FakeAgent> {
  const kinds = new Map<string, string>();
  const faults = new Map<string, string>();
  const { url, server, close } = await listenAsAgent((request, response) => {
    if (request.url === '/metrics') return void response.end(agent.figures);
    void answer(request).then((body) =>
      response
        .writeHead(body === revisionOld ? 409 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(body === revisionOld ? { ...body, installed: agent.installed } : body)),
    );
  }, at);
  const consoles = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) =>
    consoles.handleUpgrade(request, socket, head, (viewer) => consoles.emit('connection', viewer)),
  );

  async function answer(request: IncomingMessage): Promise<unknown> {
    const [, first = '', second] = request.url!.split('/');
    if (first === 'status') return agent.status;
    if (first === 'operations')
      return { operation: operation(second!, kinds.get(second!) ?? 'unknown') };
    agent.asked.push(`${request.method} ${request.url}`);
    if (first === 'actions') {
      if (request.method === 'GET') return { items: [say] };
      return { ok: true, result: { said: await text(request) } };
    }
    const { operationId, spec, supersedes } = JSON.parse((await text(request)) || '{}') as {
      operationId?: string;
      spec?: InstanceSpec;
      supersedes?: number;
    };
    if (spec !== undefined && spec.revision < agent.installed && supersedes !== agent.installed)
      return revisionOld;
    if (spec !== undefined) {
      agent.spec = spec;
      const code = agent.rotten.shift();
      if (code !== undefined) faults.set(operationId!, code);
    }
    if (operationId === undefined) return {};
    kinds.set(operationId, first);
    return { operation: operation(operationId, first) };
  }
  function stateOf(id: string, kind: string): AgentOperation['state'] {
    if (faults.has(id)) return 'failed';
    return kind === agent.held ? 'running' : agent.outcome;
  }

  function operation(id: string, kind: string): AgentOperation {
    const state = stateOf(id, kind);
    if (state === 'succeeded') agent.status = { ...agent.status, ...effects[kind] };
    if (state === 'failed') agent.status = { ...agent.status, ...agent.afterFailure };
    const error =
      state === 'failed'
        ? { code: faults.get(id) ?? 'AGENT_TEST', detail: 'It failed as told.' }
        : null;
    return { id, kind, state, phases: [], createdAt: time, finishedAt: null, error };
  }

  const agent: FakeAgent = {
    url,
    asked: [],
    spec: undefined,
    status,
    afterFailure: down,
    outcome: 'succeeded',
    rotten: [],
    held: undefined,
    installed: 0,
    figures: 'zlh_agent_ready 1\n',
    consoles,
    console: async () => ((await once(consoles, 'connection')) as [WebSocket])[0],
    close() {
      for (const viewer of consoles.clients) viewer.terminate();
      close();
    },
  };
  return agent;
}

const up = { state: 'running', ready: true, wanted: true };
const down = { state: 'stopped', ready: false, wanted: false };
const effects: Readonly<Record<string, object>> = {
  start: up,
  restart: up,
  stop: down,
  kill: down,
};

const revisionOld = { code: 'AGENT_REVISION_OLD', detail: 'The revision is older.' };

/** The one action that its game has; it answers what it was given. */
const say = {
  name: 'say',
  title: 'Tell everybody',
  description: null,
  input: {
    type: 'object',
    properties: { message: { type: 'string', pattern: '^.+$', maxLength: 100 } },
    additionalProperties: false,
  },
} as const;

const time = '2026-01-01T00:00:00.000Z';
export const status = {
  instanceId: null,
  agentVersion: '1',
  revision: 1,
  state: 'running',
  ready: true,
  since: time,
  readySince: null,
  operation: null,
  maintenance: null,
  crash: null,
  provisioningComplete: true,
  players: null,
  usage: null,
  address: null,
} as const;
