/** Brings an agent up, however often it dies on the way, and tells it where the platform answers now. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Agents, AgentTarget } from '@zlh/agents';
import { CodedError } from '@zlh/kernel';
import { Problem } from '@zlh/http';
import type { Placement } from './index.ts';

const appearsWithinMs = 60_000;

export interface EnsureAgentRunning {
  readonly instanceId: string;
  readonly platformUrl: string;
  readonly signal: AbortSignal;
  /** The provider's, which does nothing where the agent runs; asked again until the agent answers. */
  ensureRunning(): Promise<Placement>;
}

/**
 * An agent keeps the last address it was told, so one that slept through a move of the platform would report into the
 * void: it is told again each time it is brought up.
 *
 * @throws CodedError INSTANCES_AGENT_MISSING when it does not answer within a minute
 */
export async function ensureAgentRunning(
  agents: Agents,
  wanted: EnsureAgentRunning,
): Promise<Placement> {
  const { instanceId, platformUrl, signal, ensureRunning } = wanted;
  const late = AbortSignal.timeout(appearsWithinMs);
  for (let pause = 20; ; pause = Math.min(pause * 1.5, 500)) {
    const placement = await ensureRunning();
    const target = { instanceId, url: placement.agentUrl };
    if (await listens(agents, target, platformUrl, signal)) return placement;
    if (late.aborted) {
      throw new CodedError(
        'INSTANCES_AGENT_MISSING',
        'The agent did not answer within a minute after its container was started.',
        'Retry; if it fails again, the host finds the reason in the log of the agent.',
      );
    }
    await wait(pause, undefined, { signal });
  }
}

/** An agent that dies between its two answers has not listened. */
async function listens(
  agents: Agents,
  target: AgentTarget,
  platformUrl: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    if (!(await agents.reachable(target, signal))) return false;
    await agents.setPlatformUrl(target, platformUrl);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'agents.unreachable') return false;
    throw error;
  }
}
