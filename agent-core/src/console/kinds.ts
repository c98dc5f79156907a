/** The consoles every agent knows besides `tcp`: the terminal, and none at all. */
import type { ConsoleKind } from '../contract/console.ts';
import { Refusal } from '../contract/refusal.ts';

/** Lines are typed into the game's terminal. */
export const stdinConsole: ConsoleKind = {
  kind: 'stdin',
  open: ({ typeLine }) => ({ send: typeLine, close() {} }),
};

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
