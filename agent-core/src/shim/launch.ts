/**
 * What agent and shim agree on outside the socket: the launch request on the shim's standard input and
 * the files in the run folder. Kept apart from both, so that neither loads the other's code.
 */
import type { ProcessId } from '@zlh/kernel/process-id';

/** Standard input of a new shim: one JSON document. A shim that reads less than all of it gives up. */
export interface LaunchRequest {
  readonly runId: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
  /** The launched process stays outside of the game's namespaces, and waits for the game. */
  readonly apart: boolean;
  /** Who shall own the terminal when it is not this user. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** Where the console's stream goes on from. */
  readonly offset: number;
  readonly scrollbackBytes: number;
  /** How long the game may be held for an agent that is attached and takes nothing. */
  readonly holdMs: number;
}

/** `shim.json`: who they are, so that both can be found when the socket is dead. */
export interface ShimRecord {
  readonly runId: string;
  readonly shim: ProcessId;
  /** Null in the moment before the game is launched. */
  readonly child: ProcessId | null;
}

/** Names inside the run folder. */
export const runFiles = {
  socket: 'shim.sock',
  record: 'shim.json',
  exit: 'exit.json',
  /** Six-byte offset of the first byte, then the scrollback; written when the game has ended. */
  scrollback: 'scrollback',
  log: 'shim.log',
} as const;

/** Marks every process of a run in its environment: found even when it left its session. */
export const RUN_MARK = 'ZLH_RUN';
/** Marks the shim itself, which must outlive the processes of the run. */
export const SHIM_MARK = 'ZLH_SHIM';
