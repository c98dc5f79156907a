/**
 * Holds: reasons of plugins why an instance must not run, such as a suspension or a migration. Guarantees: while
 * an instance has a hold, no start goes through, whoever asks for it.
 */
import type { EntityManager } from '@zlh/database';
import { problems } from '@zlh/http';
import { Hold } from './schema.ts';
import type { HoldView } from './view.ts';

/** By instance, in the order of their sources. */
export async function holdsOf(
  em: EntityManager,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, HoldView[]>> {
  const rows = await em.find(
    Hold,
    { instanceId: { $in: [...instanceIds] } },
    { orderBy: { source: 'asc' } },
  );
  const byInstance = Map.groupBy(rows, ({ instanceId }) => instanceId);
  return new Map(
    [...byInstance].map(([id, holds]) => [
      id,
      holds.map(({ source, code, detail }) => ({ source, code, detail })),
    ]),
  );
}

/** @throws Problem 409 with the code of the first hold, and all of them in `holds` */
export async function refuseHeld(em: EntityManager, instanceId: string): Promise<void> {
  const holds = (await holdsOf(em, [instanceId])).get(instanceId);
  const [first] = holds ?? [];
  if (first !== undefined) throw problems.conflict(first.code, first.detail, { holds });
}
