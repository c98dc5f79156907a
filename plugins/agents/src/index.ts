/**
 * The contract of `agents`: the one client for agents, their identity, and the reports they send.
 */
import { point, token } from '@zlh/kernel';
import type { AgentOperation, AgentStatus, InstanceSpec } from '@zlh/agent';
import type { EntityManager } from '@zlh/database';
import type { PhaseContext } from '@zlh/operations';
import type { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import type { WebSocket } from 'ws';

/** Where an agent answers. */
export interface AgentTarget {
  readonly instanceId: string;
  /**
   * `unix:/srv/zlh/instances/…/run/agent.sock` or `tls-psk://10.0.0.7:18888`; see the kernel's
   * `peerAddress`.
   */
  readonly url: string;
}

export interface AgentRequest<S extends TSchema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/files?path=world`; escaped already. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly schema: S;
  readonly signal?: AbortSignal | undefined;
  /** How long the answer may take; default 15,000. */
  readonly timeoutMs?: number;
}

export interface AgentStreamRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The answer says its length before its body, as the contents of a file do. Default false. */
  readonly answerHasLength?: boolean;
}

export interface AgentStream {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/**
 * Every call throws a Problem: 503 `agents.unreachable` when nobody answers, 409 with the agent's own code
 * when another operation is in the way, the agent's status and code otherwise. Calls that begin work are
 * idempotent by `operationId`.
 */
export interface Agents {
  /**
   * From now on reports with the instance's token are heard. In the transaction that creates the instance.
   */
  register(em: EntityManager, instanceId: string): Promise<void>;
  /** From now on its token is worth nothing. */
  unregister(em: EntityManager, instanceId: string): Promise<void>;
  /** The bearer token of one instance's agent; derived, never stored by the platform. */
  tokenFor(instanceId: string): string;
  /** What it last said is not true any more: as if it had fallen silent, until it reports again. */
  markUnreachable(instanceId: string): Promise<void>;
  /** True when an agent answers there and accepts the token. */
  reachable(target: AgentTarget, signal?: AbortSignal): Promise<boolean>;
  status(target: AgentTarget, signal?: AbortSignal): Promise<AgentStatus>;
  /**
   * An agent that has a later revision refuses with 409 `AGENT_REVISION_OLD`, and names that revision as
   * `installed`. It replaces the revision all the same when `supersedes` names it.
   */
  configure(
    target: AgentTarget,
    operationId: string,
    spec: InstanceSpec,
    supersedes?: number,
  ): Promise<AgentOperation>;
  act(
    target: AgentTarget,
    action: 'start' | 'stop' | 'restart' | 'kill',
    operationId: string,
  ): Promise<AgentOperation>;
  operation(
    target: AgentTarget,
    operationId: string,
    signal?: AbortSignal,
  ): Promise<AgentOperation>;
  cancel(target: AgentTarget, operationId: string): Promise<AgentOperation>;
  command(target: AgentTarget, command: string): Promise<void>;
  /** A small JSON request to a route that an agent plugin added; the answer is held to `schema`. */
  request<S extends TSchema>(target: AgentTarget, question: AgentRequest<S>): Promise<Static<S>>;
  /**
   * A request whose body and answer are of any size and handed through as they come. Rejects like every
   * call when the agent refuses; whoever gets the answer must read or destroy its body. Bodies that say
   * their length before (the request's in `content-length`) go over a connection of their own, at three
   * times the speed.
   */
  stream(target: AgentTarget, request: AgentStreamRequest): Promise<AgentStream>;
  /** The small JSON that a stream's request was answered with, held to `schema` like every answer. */
  readJson<S extends TSchema>(stream: AgentStream, schema: S): Promise<Static<S>>;
  /** An open WebSocket at a path like `/console`; paused until the caller listens, so nothing is lost. */
  socket(target: AgentTarget, path: string): Promise<WebSocket>;
  /** Tells the agent to end; with `stopServer` the game is stopped gracefully first. */
  shutdown(target: AgentTarget, stopServer: boolean): Promise<void>;
  /**
   * Where agents reach the platform: those on its own machine, and those elsewhere. Settled when the
   * platform listens; a CodedError AGENTS_NOT_LISTENING when it does not listen there.
   */
  address(where: 'machine' | 'network'): Promise<string>;
  /** Tells a running agent where the platform answers now, as `address` says it. */
  setPlatformUrl(target: AgentTarget, platformUrl: string): Promise<void>;
  /**
   * Follows an agent's operation to its end by its reports, asking only when they stay away. Resolves with
   * the finished operation, whatever its outcome; rejects when the signal aborts or the agent has been
   * silent for `silenceMs` (default 60,000).
   */
  follow(
    target: AgentTarget,
    operationId: string,
    options: {
      readonly signal: AbortSignal;
      readonly silenceMs?: number;
      onChange?(operation: AgentOperation): void;
    },
  ): Promise<AgentOperation>;
  /**
   * Has an agent carry out an operation for a phase of ours, and follows it to its end: submits it once,
   * waits for what is in its way, revives an agent that dies, passes progress on. Rejects with the agent's
   * own code when the agent failed, with `agents.operation-timeout` when it was too slow.
   */
  run<Input>(context: PhaseContext<Input>, job: AgentJob): Promise<void>;
  /**
   * Cancels what `run` began under this name; for `undo`. Repeated while nobody answers. True when the
   * agent heard it or knows of no such work; false when it has not answered for `timeoutMs` (default
   * 300,000).
   */
  cancelRun<Input>(
    context: PhaseContext<Input>,
    run: { readonly name: string; readonly target: AgentTarget; readonly timeoutMs?: number },
  ): Promise<boolean>;
}
export const Agents = token<Agents>('agents');

/** What an agent is to do for a phase of an operation. */
export interface AgentJob {
  /**
   * `install`, `start` …; unique within the operation, with which it makes the id of the agent's operation.
   */
  readonly name: string;
  /** The whole run is given up after this long. */
  readonly timeoutMs: number;
  /** The address of the agent now. */
  target(): Promise<AgentTarget>;
  /** Brings a dead agent up again, perhaps at another address. Absent: a dead agent is waited for. */
  revive?(): Promise<AgentTarget>;
  /** Asks the agent to begin; `id` is the agent's operation. */
  submit(target: AgentTarget, id: string): Promise<unknown>;
}

/**
 * Types of events that every process is told, with the instance's id; administrators' streams carry them
 * too.
 */
export const agentEvents = {
  /** The agent reported a change. */
  reported: 'agents.reported',
  /** The agent's process has ended, or no heartbeat came for too long. Told again for each end. */
  lost: 'agents.lost',
} as const;

/** What became of an agent. Handlers run in one transaction, in the process that heard it. */
export interface AgentObserver {
  /** A new report: the whole status. Called for changes, not for plain heartbeats. */
  onStatusChange(em: EntityManager, instanceId: string, status: AgentStatus): Promise<void>;
  /** After every report, plain heartbeats included; nothing is written for it, and it must be quick. */
  onHeartbeat?(instanceId: string, status: AgentStatus): void;
  /** No heartbeat for too long. Called once per silence. */
  onUnreachable(em: EntityManager, instanceId: string): Promise<void>;
}
export const AgentObservers = point<AgentObserver>('agents.observers');
