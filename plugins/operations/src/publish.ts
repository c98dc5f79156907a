/** Announces a change to an operation: to workers by their channel, to everybody else by an event. */
import type { EntityManager } from '@zlh/database';
import type { Events } from '@zlh/events';
import type { OperationView } from './index.ts';
import type { OperationRecord } from './record.ts';

/** Wakes workers; the payload is an operation to look at, or empty. */
export const wakeChannel = 'zlh_operations';

/** When the transaction is committed. */
export async function wake(em: EntityManager, operationId: string): Promise<void> {
  await em.execute(`select pg_notify('${wakeChannel}', ?)`, [operationId]);
}

export function publishChange(
  events: Events,
  em: EntityManager,
  record: OperationRecord,
  shown: OperationView,
): Promise<void> {
  return events.publish(em, {
    type: 'operations.changed',
    userId: record.owner_id,
    instanceId: record.instance_id,
    data: shown,
  });
}
