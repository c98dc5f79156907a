/** Sentences about whether players who join a server by name get in. */
import type { HowToJoin } from '../api/schema.ts';

const byState: Readonly<Record<string, string>> = {
  asleep: 'The server sleeps. Whoever joins by its name wakes it.',
  stopped: 'The server is stopped. Start it to let players in.',
  crashed: 'The server has crashed. Its console says why.',
};

export function joinText({ routed, state }: HowToJoin): string {
  if (routed) return 'Players who join are sent to the server now.';
  return byState[state] ?? 'The server is not ready yet. Players are let in as soon as it is.';
}
