/** The contract of `agent-releases`: the release of the agent that belongs to this platform. */
import { token } from '@zlh/kernel';
import type { ArtifactRef } from '@zlh/agent';

export interface AgentReleases {
  /** Built from this installation when it is first asked for, and kept in the artifact store. */
  current(signal: AbortSignal): Promise<ArtifactRef>;
}
export const AgentReleases = token<AgentReleases>('agent-releases');
