/**
 * The contract of `agents`: the one client for agents, their identity, and the reports they send.
 */
import { point, token } from '@zlh/kernel';
import type { AgentOperation, AgentStatus, InstanceSpec } from '@zlh/agent';
import type { EntityManager } from '@zlh/database';
import type { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import type { WebSocket } from 'ws';

/** Where an agent answers. */
export interface AgentTarget {
  readonly instanceId: string;
  /** `unix:/srv/zlh/instances/…/run/agent.sock` or `tls-psk://10.0.0.7:18888`; see the kernel's `peerAddress`. */
  readonly url: string;
}

export interface AgentQuestion<S extends TSchema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/files?path=world`; escaped already. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly schema: S;
  readonly signal?: AbortSignal | undefined;
  /** How long the answer may take; default 15,000. */
  readonly withinMs?: number;
}

export interface AgentStreamRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface AgentStream {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/**
 * Every call throws a Problem: 503 `agents.unreachable` when nobody answers, 409 with the agent's own code when another
 * operation is in the way, the agent's status and code otherwise. Calls that begin work are idempotent by `operationId`.
 */
export interface Agents {
  /** From now on reports with the instance's token are heard. In the transaction that creates the instance. */
  enrol(em: EntityManager, instanceId: string): Promise<void>;
  /** From now on its token is worth nothing. */
  dismiss(em: EntityManager, instanceId: string): Promise<void>;
  /** The bearer token of one instance's agent; derived, never stored by the platform. */
  tokenFor(instanceId: string): string;
  /** What it last said is not true any more: as if it had fallen silent, until it reports again. */
  lost(instanceId: string): Promise<void>;
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
  /**
   * The same for work that must not be done any more: told again while nobody answers. True when the agent heard it, or
   * knows of no such work; false when it has not answered for `withinMs` (default 300,000).
   */
  callOff(
    target: AgentTarget,
    operationId: string,
    options: { readonly signal: AbortSignal; readonly withinMs?: number },
  ): Promise<boolean>;
  command(target: AgentTarget, command: string): Promise<void>;
  /** A small JSON request to a route that an agent plugin added; the answer is held to `schema`. */
  ask<S extends TSchema>(target: AgentTarget, question: AgentQuestion<S>): Promise<Static<S>>;
  /**
   * A request whose body and answer are of any size and handed through as they come. Rejects like every call when the agent
   * refuses; whoever gets the answer must read or destroy its body.
   */
  stream(target: AgentTarget, request: AgentStreamRequest): Promise<AgentStream>;
  /**
   * The same for bodies that say their length before, as files do: the request's in `content-length`, the answer's too. Over a
   * connection of its own, at three times the speed.
   */
  transfer(target: AgentTarget, request: AgentStreamRequest): Promise<AgentStream>;
  /** The small JSON that a stream's request was answered with, held to `schema` like every answer. */
  answer<S extends TSchema>(stream: AgentStream, schema: S): Promise<Static<S>>;
  /** An open console; paused until the caller listens, so nothing is lost. */
  console(target: AgentTarget): Promise<WebSocket>;
  /** Tells the agent to end; with `stopServer` the game is stopped gracefully first. */
  shutdown(target: AgentTarget, stopServer: boolean): Promise<void>;
  /**
   * Where agents reach the platform: those on its own machine, and those elsewhere. Settled when the platform listens; a
   * CodedError AGENTS_NOT_LISTENING when it does not listen there.
   */
  address(where: 'machine' | 'network'): Promise<string>;
  /** Tells a running agent where the platform answers now, as `address` says it. */
  announce(target: AgentTarget, platformUrl: string): Promise<void>;
  /**
   * Follows an agent's operation to its end by its reports, asking only when they stay away. Resolves with the finished operation,
   * whatever its outcome; rejects when the signal aborts or the agent has been silent for `silenceMs` (default 60,000).
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
}
export const Agents = token<Agents>('agents');

/** Types of events that every process is told, with the instance's id; administrators' streams carry them too. */
export const agentEvents = {
  /** The agent reported a change. */
  reported: 'agents.reported',
  /** The agent's process has ended, or no heartbeat came for too long. Told again for each end. */
  lost: 'agents.lost',
} as const;

/** What became of an agent. Handlers run in one transaction, in the process that heard it. */
export interface AgentObserver {
  /** A new report: the whole status. Called for changes, not for plain heartbeats. */
  reported(em: EntityManager, instanceId: string, status: AgentStatus): Promise<void>;
  /** After every report, plain heartbeats included; nothing is written for it, and it must be quick. */
  heard?(instanceId: string, status: AgentStatus): void;
  /** No heartbeat for too long. Called once per silence. */
  silent(em: EntityManager, instanceId: string): Promise<void>;
}
export const AgentObservers = point<AgentObserver>('agents.observers');
