/** Every refusal of an action, with its code and what to do. */
import { Refusal } from '../contract/refusal.ts';

export const refused = {
  unknown: (name: string, known: readonly string[]) =>
    new Refusal(
      404,
      'AGENT_ACTION_UNKNOWN',
      `This game has no action "${name}".`,
      known.length === 0 ? 'Use the console instead.' : `Use one of: ${known.join(', ')}.`,
    ),
  notReady: () =>
    new Refusal(
      503,
      'AGENT_NOT_READY',
      'The server is not ready yet.',
      'Try again when it answers players.',
    ),
  tooMany: () =>
    new Refusal(
      503,
      'AGENT_ACTIONS_BUSY',
      'Too many actions wait for this server already.',
      'Try again in a moment.',
    ),
  byTheGame: (answer: string) =>
    new Refusal(
      409,
      'AGENT_ACTION_REFUSED',
      `The game refused: ${answer.replace(/\.$/, '')}.`,
      'Correct what was asked for; the console tells more.',
    ),
  unconfirmed: (seconds: number) =>
    new Refusal(
      504,
      'AGENT_ACTION_UNCONFIRMED',
      `The game did not confirm it within ${seconds} s.`,
      'It may still have been done: look at the console before you repeat it.',
    ),
  ended: () =>
    new Refusal(
      409,
      'AGENT_ACTION_INTERRUPTED',
      'The server ended before it confirmed.',
      'Start it, then try again.',
    ),
};
