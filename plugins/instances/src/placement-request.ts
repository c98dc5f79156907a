/** What a provider is told about an instance, whoever asks it: an operation, or the reconciler of agents. */
import type { Agents } from '@zlh/agents';
import type { PlacementRequest, Provider } from './index.ts';
import { specLimits } from './limits.ts';
import type { InstanceRecord } from './schema.ts';

export interface RequestGround {
  readonly agents: Agents;
}

/** `ports` are those it has; before it has any, those its game wants. */
export async function placementRequest(
  { agents }: RequestGround,
  provider: Provider,
  instance: InstanceRecord,
  { ports = instance.placement?.ports ?? [], fence }: Partial<PlacementRequest> = {},
): Promise<PlacementRequest> {
  const { id, vmid, hostname, memoryMiB } = instance;
  return {
    instanceId: id,
    vmid,
    hostname,
    memoryMiB,
    limits: specLimits(instance),
    ports: ports.map(({ name, protocol }) => ({ name, protocol })),
    agentToken: agents.tokenFor(id),
    platformUrl: await platformUrl(agents, provider),
    ...(fence === undefined ? {} : { fence }),
  };
}

/** Where the provider's agents reach the platform. */
export function platformUrl(agents: Agents, { agentsOn = 'machine' }: Provider): Promise<string> {
  return agents.address(agentsOn);
}
