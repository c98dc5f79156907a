/** Tells a kind that one of its operations has ended, and keeps the answer as the operation's result. */
import type { Logger } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';
import type { EndedOperation, OperationKind, OperationResult } from './index.ts';

/** Results travel with every event and every list; anything larger belongs to the plugin's own table. */
const maxResultBytes = 16 * 1024;

/** In the transaction that ends the operation. A result that is too large is logged and dropped. */
export async function endKind(
  em: EntityManager,
  kind: OperationKind | undefined,
  operation: EndedOperation<Record<string, unknown>>,
  log: Logger,
): Promise<OperationResult | null> {
  const result = (await kind?.ended?.(em, operation)) ?? null;
  if (result === null) return null;
  const json = JSON.stringify(result);
  if (Buffer.byteLength(json) > maxResultBytes) {
    const { id: operationId } = operation;
    log.error({ operationId, maxResultBytes }, 'the result is too large and was not kept');
    return null;
  }
  await em.execute('update operations_operation set result = ?::jsonb where id = ?', [
    json,
    operation.id,
  ]);
  return result;
}
