/** The consoles every agent knows besides `tcp`: lines, a terminal to work in, and none at all. */
import type { ConsoleKind } from '../contract/console.ts';
import type { InstanceSpec } from '../contract/spec.ts';
import { Refusal } from '../contract/refusal.ts';

/** Lines are typed into the game's terminal. */
export const stdinConsole: ConsoleKind = {
  kind: 'stdin',
  open: ({ typeLine }) => ({ send: typeLine, close() {} }),
};

/** A person works in it: every key goes to the program, and every byte of output to the person. */
export const terminalConsole: ConsoleKind = {
  kind: 'terminal',
  open: ({ typeLine }) => ({ send: typeLine, close() {} }),
};

export const isTerminal = (spec: Pick<InstanceSpec, 'console'> | undefined) =>
  spec?.console?.kind === terminalConsole.kind;

/** The game reads nothing; it is stopped by a signal. */
export const noConsole: ConsoleKind = {
  kind: 'none',
  open: () => ({
    send() {
      throw new Refusal(
        409,
        'AGENT_NO_CONSOLE',
        'This game takes no commands.',
        'Change its settings in its files, then restart it.',
      );
    },
    close() {},
  }),
};
