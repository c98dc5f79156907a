/**
 * Capabilities of the agent, one by one: an agent plugin names those it needs and gets nothing else of
 * the agent's inside. All of them serve once the agent has started.
 */
import { token } from '@zlh/kernel';
import type { IncomingMessage } from 'node:http';
import type { Reservation } from '../fs/disk.ts';
import type { ActionResult, ActionSpec } from './actions.ts';
import type { DiskLook, FileOwner } from './ground.ts';
import type { AgentOperation } from './operation.ts';
import type { AgentState } from './status.ts';

/** The customer's folder. Anything in it may be hostile. */
export interface DataFolder {
  /** Absolute path: the game's working directory. */
  readonly path: string;
  /** Null when files belong to whoever runs the agent. */
  readonly owner: FileOwner | null;
  /** The use of the disk as last measured; null before the first measurement. */
  readonly usage: DiskLook | null;
  /**
   * Holds free space of the disk for what a plugin makes beside the folder; the instance's own limit does
   * not count.
   */
  reserve(bytes: number, signal: AbortSignal): Promise<Reservation>;
  /** A folder for the plugin's own records, 0700, made at the first call. On the same disk. */
  stateFolder(plugin: string): string;
}
export const DataFolder = token<DataFolder>('agent.data');

/** The console of the main process. */
export interface Console {
  /** Types one line; rejects with a 409 when nothing runs, a 503 when the game does not read. */
  send(line: string): Promise<void>;
  /** Hears output from now on. Answers how to stop. */
  onOutput(listener: (chunk: Uint8Array) => void): () => void;
}
export const Console = token<Console>('agent.console');

/** Commands with a confirmation, in line with the typed actions of people. */
export interface ActionRunner {
  /**
   * Resolves when the game has confirmed, or has the lines where the action names no confirmation.
   * Rejects when the game refused, ended, or did not confirm in time; `unready`: sent also to a server
   * that is not ready.
   */
  run(
    action: ActionSpec,
    options?: { readonly signal?: AbortSignal; readonly unready?: boolean },
  ): Promise<ActionResult>;
}
export const ActionRunner = token<ActionRunner>('agent.actions');

/** One process that the agent supervises. */
export interface SupervisedProcess {
  readonly state: AgentState;
  readonly ready: boolean;
  /** Names the run that is alive; undefined when nothing runs. */
  readonly run: string | undefined;
  /** The wish of its owner, which a `stop` of a plugin leaves as it is. */
  readonly desired: 'running' | 'stopped';
  /** Stops it gracefully. A plugin calls this only while its operation holds the maintenance. */
  stop(signal: AbortSignal): Promise<void>;
  /** Starts it and resolves when it is ready. The same condition. */
  start(signal: AbortSignal): Promise<void>;
}
export interface Processes {
  /** `main` is the game. */
  get(id: 'main'): SupervisedProcess;
}
export const Processes = token<Processes>('agent.processes');

/** The operations of the agent, for plugins that add kinds of their own. */
export interface OperationQueue {
  /**
   * Begins an operation, or answers the one with this id. Throws a 409 that names the operation in the
   * way.
   */
  submit(id: string, kind: string, input: unknown): AgentOperation;
  /** By its id, as long as the agent remembers it. */
  get(id: string): AgentOperation | undefined;
}
export const OperationQueue = token<OperationQueue>('agent.queue');

/** The platform, over the agent's own proven connection. */
export interface PlatformLink {
  /**
   * Rejects when no answer comes; an answer of any status resolves, and its body must be read or
   * destroyed.
   */
  request(request: {
    readonly method: 'GET' | 'POST' | 'PUT';
    /** `/api/agents/…` */
    readonly path: string;
    readonly headers?: Readonly<Record<string, string | number>>;
    readonly body?: Uint8Array;
    readonly signal: AbortSignal;
  }): Promise<IncomingMessage>;
}
export const PlatformLink = token<PlatformLink>('agent.platform');
