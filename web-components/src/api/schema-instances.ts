/** The part of the platform's HTTP interface about instances and operations. Sizes are bytes unless named MiB. */
import type { Answers, Body, Empty, Page } from './schema.ts';

/** What the agent last said, or what the platform concludes when it says nothing. */
export type Observed =
  | 'provisioning'
  | 'installing'
  | 'stopped'
  | 'starting'
  | 'running'
  | 'stopping'
  | 'crashed'
  | 'error'
  | 'unreachable';

export interface Instance {
  id: string;
  vmid: number;
  kind: 'game' | 'dev';
  name: string;
  hostname: string;
  game: string;
  variant: string;
  version: string;
  memoryMiB: number;
  desired: 'running' | 'stopped' | 'deleted';
  observed: Observed;
  /** A probe succeeded; the process merely running is not enough. */
  ready: boolean;
  address: { host: string; port: number } | null;
  /** The one that changes it just now. */
  operation: Operation | null;
  ownerId: string;
  /** When `observed` was entered. */
  since: string;
  createdAt: string;
}

export type PhaseState = 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';

export interface Phase {
  name: string;
  state: PhaseState;
  /** 0 to 1; null where nobody can tell. */
  progress: number | null;
  startedAt: string | null;
  finishedAt: string | null;
}

export interface Operation {
  id: string;
  kind: string;
  /** For people: "Creating Skyblock". */
  title: string;
  instanceId: string | null;
  /** E-mail address, or the name of what started it. */
  requestedBy: string;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  phases: Phase[];
  attempt: number;
  cancellable: boolean;
  retriable: boolean;
  error: { code: string; detail: string } | null;
  createdAt: string;
  finishedAt: string | null;
}

export interface Crash {
  at: string;
  reason: string;
  detail: string;
  exitCode: number | null;
  signal: string | null;
  count: number;
  retryAt: string | null;
  gaveUp: boolean;
}

/** The agent's own words, handed on by the platform. */
export interface AgentStatus {
  instanceId: string;
  agentVersion: string;
  state: Exclude<Observed, 'unreachable'>;
  ready: boolean;
  since: string;
  readySince: string | null;
  maintenance: string | null;
  crash: Crash | null;
  players: { online: number; max: number } | null;
  usage: { memoryBytes: number; cpuPercent: number } | null;
}

export interface NewInstance {
  kind: 'game';
  name: string;
  game: string;
  variant: string;
  version: string;
  memoryMiB: number;
}

type ById = { parameters: { path: { id: string } } };
type Begun = Answers<{ instance: Instance; operation: Operation }, 202>;
type Listed = { cursor?: string; limit?: number };

export interface InstancePaths {
  '/api/instances': {
    get: { parameters: { query?: Listed } } & Answers<Page<Instance>>;
    post: { parameters: { header?: { 'Idempotency-Key'?: string } } } & Body<NewInstance> & Begun;
  };
  '/api/instances/{id}': { get: ById & Answers<Instance>; delete: ById & Begun };
  '/api/instances/{id}/start': { post: ById & Begun };
  '/api/instances/{id}/stop': { post: ById & Begun };
  '/api/instances/{id}/restart': { post: ById & Begun };
  '/api/instances/{id}/kill': { post: ById & Begun };
  '/api/instances/{id}/status': { get: ById & Answers<AgentStatus> };
  '/api/instances/{id}/console/commands': { post: ById & Body<{ command: string }> & Empty };
  '/api/operations': {
    get: { parameters: { query?: Listed & { instanceId?: string } } } & Answers<Page<Operation>>;
  };
  '/api/operations/{id}': { get: ById & Answers<Operation> };
  '/api/operations/{id}/cancel': {
    post: ById & Answers<Operation | { operation: Operation }, 202>;
  };
  '/api/operations/{id}/retry': { post: ById & Answers<Operation | { operation: Operation }, 202> };
}
