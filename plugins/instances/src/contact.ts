/** Waits for an agent that has just been started, and tells it where the platform answers now. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Agents, AgentTarget } from '@zlh/agents';
import { CodedError } from '@zlh/kernel';

const appearsWithinMs = 60_000;

/**
 * An agent keeps the last address it was told, so one that slept through a move of the platform would report into the
 * void: it is told again each time it is brought up.
 *
 * @throws CodedError INSTANCES_AGENT_MISSING when it does not answer within a minute
 */
export async function contact(
  agents: Agents,
  target: AgentTarget,
  platformUrl: string,
  signal: AbortSignal,
): Promise<void> {
  const late = AbortSignal.timeout(appearsWithinMs);
  for (
    let pause = 20;
    !(await agents.reachable(target, signal));
    pause = Math.min(pause * 1.5, 500)
  ) {
    if (late.aborted) {
      throw new CodedError(
        'INSTANCES_AGENT_MISSING',
        'The agent did not answer within a minute after its container was started.',
        'Retry; if it fails again, the host finds the reason in the log of the agent.',
      );
    }
    await wait(pause, undefined, { signal });
  }
  await agents.announce(target, platformUrl);
}
