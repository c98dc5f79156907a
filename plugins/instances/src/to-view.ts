/** An instance as others see it: what a caller is to it, and how the API shows it. */
import type { InstanceRole } from '@zlh/accounts';
import type { Identity } from '@zlh/http';
import type { OperationView } from '@zlh/operations';
import { desiredNow } from './desired.ts';
import type { HoldView } from './view.ts';
import type { InstanceView, Role } from './index.ts';
import type { InstanceRecord } from './schema.ts';

export function facts({ id, kind, name, game, variant, version, ownerId }: InstanceRecord) {
  return { id, kind, name, game, variant, version, ownerId };
}

/** Null: somebody who may not even see it. */
export function roleOf(
  { ownerId }: InstanceRecord,
  identity: Identity,
  granted: InstanceRole | null,
): Role | null {
  if (ownerId === identity.id) return 'owner';
  return identity.administrator ? 'administrator' : granted;
}

export function view(
  instance: InstanceRecord,
  role: Role,
  operation: OperationView | null,
  holds: readonly HoldView[] = [],
): InstanceView {
  const { id, vmid, name, hostname, game, variant, version, memoryMiB, ready, ownerId } = instance;
  return {
    id,
    vmid,
    kind: instance.kind,
    name,
    hostname,
    game,
    variant,
    version,
    memoryMiB,
    cpuPercent: instance.cpuPercent ?? null,
    processes: instance.processes ?? null,
    diskMiB: instance.diskMiB ?? null,
    desired: desiredNow(instance, operation),
    observed: instance.observed as InstanceView['observed'],
    ready,
    address: instance.placement?.address ?? null,
    operation,
    holds: [...holds],
    ownerId,
    role,
    since: instance.since.toISOString(),
    createdAt: instance.createdAt.toISOString(),
  };
}
