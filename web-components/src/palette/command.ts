/** Commands of the palette, and modules that offer more: `export const commands: CommandSource`. */
import type { Connection } from '../api/connection.ts';

export interface Command {
  label: string;
  /** Stands faintly behind the label: a state, an address. */
  note?: string;
  icon: string;
  run(): void;
}

export interface CommandContext {
  connection: Connection;
  /** The element of the page one looks at. */
  page: HTMLElement | undefined;
  /** Opens an address of the portal. */
  go(path: string): void;
}

export type CommandSource = (context: CommandContext) => readonly Command[];
