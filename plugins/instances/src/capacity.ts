/**
 * The capacity that the machines of a provider have left. Guarantees: an instance reserves its memory and its
 * limit of disk from its creation to its end, running or not. So a start never finds them gone, and no two
 * creations share the rest.
 */
import { advisoryLocks, type EntityManager } from '@zlh/database';
import { problems } from '@zlh/http';
import type { Contribution } from '@zlh/kernel';
import type { AdmissionRule, Provider } from './index.ts';
import { Instance } from './schema.ts';
import type { Workloads } from './workloads.ts';

interface CapacityDeps {
  readonly workloads: Workloads;
  readonly providers: readonly Contribution<Provider>[];
}

export interface Figure {
  /** For instances, over-commitment included. */
  readonly total: number;
  readonly reserved: number;
  readonly available: number;
}

export interface Figures {
  readonly memoryMiB: Figure;
  readonly diskMiB: Figure;
  /** On the disk at this moment, beyond the host's own reserve; negative when it has not even that. */
  readonly freeDiskMiB: number;
  readonly ports: Figure;
}

const capacityLock = advisoryLocks.capacity;

/** Null where the provider does not know. */
export async function figuresOf(
  { workloads }: Pick<CapacityDeps, 'workloads'>,
  em: EntityManager,
  provider: Provider,
): Promise<Figures | null> {
  const capacity = await provider.capacity?.(em);
  if (capacity === undefined) return null;
  const instances = await em.find(Instance, {
    provider: provider.id,
    id: { $nin: [...capacity.elsewhere] },
  });
  const sum = (amount: (instance: (typeof instances)[number]) => number) =>
    instances.reduce((total, instance) => total + amount(instance), 0);
  // One whose creation has failed asks for its ports when somebody retries it.
  const coming = instances.filter(
    ({ placement, observed }) => placement === null && observed !== 'error',
  );
  const wanted = await Promise.all(coming.map((instance) => portsOf(workloads, instance.id)));
  return {
    memoryMiB: figure(
      capacity.memoryMiB,
      sum(({ memoryMiB }) => memoryMiB),
    ),
    diskMiB: figure(
      capacity.diskMiB,
      sum(({ diskMiB }) => diskMiB ?? 0),
    ),
    freeDiskMiB: capacity.freeDiskMiB,
    ports: figure(
      capacity.ports.total,
      wanted.reduce((all, ports) => all + ports, capacity.ports.given),
    ),
  };
}

/** Of an instance that has none yet; one of an earlier release may not be on offer any more. */
async function portsOf(workloads: Workloads, instanceId: string) {
  try {
    return (await workloads.of(instanceId)).ports.length;
  } catch {
    return 0; // its creation fails, and says why
  }
}

export function hostCapacity(deps: CapacityDeps): AdmissionRule {
  return {
    name: 'capacity of the host',
    async admit(em, { provider: id, memoryMiB, diskMiB, ports }) {
      const provider = deps.providers.find(({ value }) => value.id === id)?.value;
      if (provider?.capacity === undefined) return;
      await em.execute('select pg_advisory_xact_lock(?, hashtext(?))', [capacityLock, id]);
      const figures = await figuresOf(deps, em, provider);
      if (figures === null) return;
      refuse('memory', 'MiB of memory', memoryMiB, figures.memoryMiB.available);
      if (figures.freeDiskMiB < 0) throw diskFull(figures.freeDiskMiB);
      refuse('disk', 'MiB of disk', diskMiB ?? 0, figures.diskMiB.available);
      refuse('ports', 'ports', ports, figures.ports.available);
    },
  };
}

function refuse(
  what: 'memory' | 'disk' | 'ports',
  unit: string,
  wanted: number,
  available: number,
) {
  if (wanted <= available) return;
  const advice =
    what === 'ports'
      ? 'Delete a server, or have the host widen the range of ports.'
      : 'Choose less, delete a server, or have the host make room.';
  throw problems.conflict(
    `instances.host-${what}`,
    `This server needs ${wanted} ${unit}, and the host has ${available} left. ${advice}`,
    { wanted, available },
  );
}

const diskFull = (freeDiskMiB: number) =>
  problems.conflict(
    'instances.host-disk',
    `The disk of the host is too full for another server: ${-freeDiskMiB} MiB are missing. Delete files or servers, or have the host make room.`,
    { available: freeDiskMiB },
  );

function figure(total: number, reserved: number): Figure {
  return { total, reserved, available: Math.max(0, total - reserved) };
}
