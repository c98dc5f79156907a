/** From a workload and a place to run it to the one complete spec the agent works from. */
import type { ArtifactRef, InstanceSpec, ManagedFile } from '@zlh/agent';
import type { Placement } from './index.ts';
import type { ResolvedWorkload } from './kinds.ts';
import { specLimits } from './limits.ts';
import type { InstanceRecord } from './schema.ts';

export interface SpecGround {
  readonly instance: InstanceRecord;
  readonly workload: ResolvedWorkload;
  readonly placement: Placement;
  /** Those of the workload and of all parts. */
  readonly artifacts: readonly ArtifactRef[];
  readonly managedFiles: readonly ManagedFile[];
  readonly platformUrl: string;
}

export function composeSpec(ground: SpecGround): InstanceSpec {
  const { instance, workload, placement, artifacts, managedFiles, platformUrl } = ground;
  const internal = new Set(workload.ports.filter((port) => port.internal).map(({ name }) => name));
  return {
    instanceId: instance.id,
    revision: instance.revision,
    platformUrl,
    kind: instance.kind,
    game: instance.game,
    variant: instance.variant,
    version: instance.version,
    memoryMiB: instance.memoryMiB,
    limits: specLimits(instance),
    artifacts: [...artifacts],
    ...(managedFiles.length === 0 ? {} : { managedFiles: [...managedFiles] }),
    ...workload.spec,
    ports: placement.ports.map(({ name, protocol, host, port }) => ({
      name,
      protocol,
      host: internal.has(name) ? '127.0.0.1' : host,
      port,
    })),
    autostart: true,
    user: placement.user,
  };
}
