/** The limits every installation has: instances and memory per user. Plans and host capacity add rules of their own. */
import { advisoryLocks, type EntityManager } from '@zlh/database';
import { problems } from '@zlh/http';
import type { AdmissionRule } from './index.ts';

export interface Limits {
  readonly instancesPerUser: number;
  readonly memoryMiBPerUser: number;
}

export function userLimits(limits: () => Limits): AdmissionRule {
  return {
    name: 'limits per user',
    async admit(em, { ownerId, memoryMiB, identity }) {
      if (identity.administrator) return;
      const { instancesPerUser, memoryMiBPerUser } = limits();
      const [used] = await em.execute<{ count: number; memory: number }[]>(
        'select count(*)::int as count, coalesce(sum(memory_mib), 0)::int as memory from instances_instance where owner_id = ?',
        [ownerId],
      );
      if (used!.count >= instancesPerUser) {
        throw problems.conflict(
          'instances.limit-instances',
          `You have ${used!.count} of ${instancesPerUser} instances. Delete one, or ask the host for more.`,
          { limit: instancesPerUser },
        );
      }
      if (used!.memory + memoryMiB > memoryMiBPerUser) {
        throw problems.conflict(
          'instances.limit-memory',
          `Your instances use ${used!.memory} of ${memoryMiBPerUser} MiB, so ${memoryMiB} MiB more do not fit. Choose less, or delete one.`,
          { limit: memoryMiBPerUser },
        );
      }
    },
  };
}

/** Two requests of one user wait for each other here, so that both cannot pass the same limit. */
export async function serialise(em: EntityManager, ownerId: string): Promise<void> {
  const lock = 'select pg_advisory_xact_lock(?, hashtext(?))';
  await em.execute(lock, [advisoryLocks.admission, ownerId]);
}
