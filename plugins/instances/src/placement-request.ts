/** What a provider is told about an instance, whoever asks it: an operation, or the reconciler of agents. */
import type { Agents } from '@zlh/agents';
import type { Http } from '@zlh/http';
import type { PlacementRequest } from './index.ts';
import { specLimits } from './limits.ts';
import type { InstanceRecord } from './schema.ts';

export interface RequestGround {
  readonly config: { readonly platformUrl?: string };
  readonly agents: Agents;
  readonly http: Http;
}

/** `ports` are those it has; before it has any, those its game wants. */
export async function placementRequest(
  ground: RequestGround,
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
    agentToken: ground.agents.tokenFor(id),
    platformUrl: await platformUrl(ground),
    ...(fence === undefined ? {} : { fence }),
  };
}

/** Where agents reach the platform. */
export async function platformUrl({ config, http }: RequestGround): Promise<string> {
  return config.platformUrl ?? http.listening;
}
