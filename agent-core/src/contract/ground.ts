/**
 * What an agent plugin may use of the agent it lives in. Its routes and operations reach the customer's folder, the
 * installed spec and the console through this, and nothing else of the agent's inside.
 */
import { token } from '@zlh/kernel';
import type { AgentOperation } from './operation.ts';
import type { InstanceSpec } from './spec.ts';
import type { AgentStatus } from './status.ts';

/** Whom the customer's files belong to. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** What a folder takes. What changed while it was looked at is in the figure, or is not. */
export interface DiskLook {
  /** When it began and ended, by `performance.now()`: no change of the clock moves it. */
  readonly from: number;
  readonly until: number;
  readonly usedBytes: number;
}

export interface AgentGround {
  /** Absolute path of the customer's folder: the game's working directory. Anything in it may be hostile. */
  readonly data: string;
  /** A folder for the plugin's own records, 0700, made at the first call. */
  stateFolder(plugin: string): string;
  /** The installed spec; undefined before the first. */
  readonly spec: InstanceSpec | undefined;
  readonly status: AgentStatus;
  /** What the data folder takes, as it was last looked at: at most about a minute ago. Null before the first look. */
  readonly disk: DiskLook | null;
  /** Resolves when `disk` is known: a large folder takes minutes after the agent's start. */
  diskLooked(): Promise<void>;
  /** Resolves when it was looked at once more, from this call on; as long after it as the folder is large. */
  lookAtDisk(): Promise<void>;
  /** Null when files belong to whoever runs the agent. */
  readonly owner: FileOwner | null;
  /**
   * Begins an operation that this plugin added to `AgentOperations`, or answers the one with this id. Throws a 409 that
   * names the operation in the way.
   */
  submit(id: string, kind: string, input: unknown): AgentOperation;
  /** By its id, as long as the agent remembers it; operations of others too. */
  operation(id: string): AgentOperation | undefined;
  /** Types one line into the console; rejects with a 409 when nothing runs, a 503 when the game does not read. */
  command(line: string): Promise<void>;
  /** Hears console output from now on. Answers how to stop. */
  onOutput(listener: (chunk: Uint8Array) => void): () => void;
  /** Where the platform answers, and the token it knows this agent by; undefined before it is known. */
  readonly platform: { readonly url: string; readonly token: string } | undefined;
}
export const AgentGround = token<AgentGround>('agent.ground');
