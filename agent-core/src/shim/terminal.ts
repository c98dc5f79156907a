/**
 * The part of node-pty the shim uses. The package's own types belong to another module name, and leave
 * out the terminal's path and its descriptor. Its `write` is left out on purpose: see `terminal-input.ts`.
 */
import { createRequire } from 'node:module';

export interface Terminal {
  readonly pid: number;
  /** Of the terminal's master side; it does not block. */
  readonly fd: number;
  /** Path of the terminal's device. */
  readonly ptsName: string;
  readonly _socket: {
    /** Closes the terminal. */
    destroy: (error?: Error) => unknown;
  };
  resize(cols: number, rows: number): void;
  /** Stops reading, which holds a process that writes on. */
  pause(): void;
  resume(): void;
  onData(listener: (chunk: Buffer) => void): void;
  /** `signal` is a number, 0 or absent when the process exited by itself. */
  onExit(listener: (exit: { exitCode: number; signal?: number }) => void): void;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly cols: number;
  readonly rows: number;
  readonly name: string;
  /** Null makes `onData` hand out buffers. */
  readonly encoding: null;
}

type Spawn = (command: string, args: string[], options: TerminalOptions) => Terminal;

const { spawn } = createRequire(import.meta.url)('node-pty') as { spawn: Spawn };
export { spawn as spawnTerminal };
