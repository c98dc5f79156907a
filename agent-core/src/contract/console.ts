/**
 * Where a game takes its commands: its terminal, nowhere, or a connection of its own. A game's template names one of
 * the kinds; agent plugins add further ones. Whatever the kind, commands of people, typed actions and the stop ladder
 * reach the game on the same way.
 */
import type { Socket } from 'node:net';
import { point } from '@zlh/kernel';
import { Type } from 'typebox';

const closed = { additionalProperties: false } as const;

/** Absent in a spec: `stdin`. */
export const ConsoleSpec = Type.Object(
  {
    /**
     * `stdin`: lines typed into its terminal. `terminal`: every key, for people who work in it. `none`: only signals.
     * `tcp`: lines over a connection. Or a plugin's.
     */
    kind: Type.String({ minLength: 1, maxLength: 64 }),
    /** Which of `ports` to connect to, for kinds that do. */
    port: Type.Optional(Type.String({ maxLength: 64 })),
    options: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  closed,
);
export type ConsoleSpec = Type.Static<typeof ConsoleSpec>;

/**
 * What the output of a console is. `log`: text and its colours, of which a viewer's terminal is shown nothing that acts
 * beyond the line. `terminal`: every byte as the program wrote it, for a person who works in it.
 */
export type ConsoleOutput = 'log' | 'terminal';

/** What a console may use; made anew for each run of the server. */
export interface ConsoleTarget {
  /** Address to connect to (a wildcard is already replaced by loopback). */
  readonly host: string;
  /** Null when the spec names no port. */
  readonly port: number | null;
  readonly options: Readonly<Record<string, unknown>>;
  /** The value that `{secret:<name>}` stands for in the files of this instance. Never to be logged. */
  secret(name: string): string;
  /** Whether the server itself is at the other end of the connection. Anybody may listen on its port before it. */
  isServer(socket: Socket): boolean;
  /** Types a line into the terminal; resolves with false when the game ended before it had it. */
  typeLine(line: string): Promise<boolean>;
  /** Adds output to the console stream, for all viewers. */
  output(bytes: Uint8Array): void;
}

export interface GameConsole {
  /**
   * Sends one line, and resolves when the game has it. False when it cannot be taken now; throws a `Refusal` when this game
   * takes none at all. An aborted `signal` takes back what has not gone yet. Few lines are sent before others have resolved.
   */
  send(line: string, signal?: AbortSignal): boolean | Promise<boolean>;
  /** Lets go of the run. */
  close(): void;
}

export interface ConsoleKind {
  /** What `spec.console.kind` says. */
  readonly kind: string;
  /** What is wrong with the options, one verb phrase; undefined when nothing is. */
  fault?(spec: ConsoleSpec): string | undefined;
  open(target: ConsoleTarget): GameConsole;
}
export const Consoles = point<ConsoleKind>('agent.consoles');
