/** The sum of what the instances of one user reserve, running or not. */
import type { EntityManager } from '@zlh/database';
import type { InstanceUsage } from './index.ts';

export async function usageOf(em: EntityManager, ownerId: string): Promise<InstanceUsage> {
  const [sums] = await em.execute<{ count: number; memory: number; disk: number | null }[]>(
    `select count(*)::int as count, coalesce(sum(memory_mib), 0)::int as memory,
       case when count(*) = count(disk_mib) then coalesce(sum(disk_mib), 0)::int end as disk
     from instances_instance where owner_id = ?`,
    [ownerId],
  );
  return { instances: sums!.count, memoryMiB: sums!.memory, diskMiB: sums!.disk };
}
