/**
 * Where agent plugins join in: probes that tell readiness, limits they keep, and routes beside the agent's own.
 */
import { point } from '@zlh/kernel';
import type { FastifyInstance } from 'fastify';
import type { LimitName } from './status.ts';

/** Null: the server does not say. */
export interface Players {
  readonly online: number | null;
  readonly max: number | null;
}

export interface ProbeResult {
  readonly ready: boolean;
  /** Why not, or what was odd about the answer; one sentence without its full stop. */
  readonly detail?: string;
  /** Absent or null: not known. A server that answers is ready, whatever it leaves out. */
  readonly players?: Players | null;
}

/** What a probe may look at; made anew for each run of the server. */
export interface ProbeTarget {
  /** Address to connect to (a wildcard is already replaced by loopback). */
  readonly host: string;
  /** Null when the spec names no port. */
  readonly port: number | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  /** True when this run was ready before the agent restarted. */
  readonly wasReady: boolean;
  /** Calls back with console output of this run, what is still in the scrollback first. */
  onOutput(listener: (chunk: Uint8Array) => void): void;
}

export interface Probe {
  /** Rejecting counts as not ready. `signal` aborts after `timeoutMs` and when the server ends. */
  check(signal: AbortSignal): Promise<ProbeResult>;
}

export interface ProbeKind {
  /** What `spec.probe.kind` says, e.g. `minecraft.status`. */
  readonly kind: string;
  /** Throws a `CodedError` when the target lacks a port or has wrong options. */
  create(target: ProbeTarget): Probe;
}
export const Probes = point<ProbeKind>('agent.probes');

/** A limit of the spec that a plugin keeps the instance to, so that the status can say it is kept. */
export const KeptLimits = point<LimitName>('agent.kept-limits');

/** Adds routes below the agent's root; they are behind the agent's token already. */
export type AgentRouteModule = (app: FastifyInstance) => void | Promise<void>;
export const AgentRoutes = point<AgentRouteModule>('agent.routes');
