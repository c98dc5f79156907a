/**
 * What is wanted of an instance: what was last asked for through the platform, unless its agent knows better. A player
 * who stops the server inside the game, or a start that failed, is decided where the server is, and nobody asks the
 * platform first. While an operation of the instance runs the agent is on its way, and what was asked for counts.
 */
import type { InstanceView } from './view.ts';

interface Wanted {
  readonly desired: string;
  /** By its agent, as far as it has said so. */
  readonly wanted?: boolean | null | undefined;
}

/** `operation`: the one that runs on it. */
export function desiredNow(
  { desired, wanted }: Wanted,
  operation: object | null | undefined,
): InstanceView['desired'] {
  const knowsBetter = !operation && desired !== 'deleted' && typeof wanted === 'boolean';
  if (knowsBetter) return wanted ? 'running' : 'stopped';
  return desired as InstanceView['desired'];
}
