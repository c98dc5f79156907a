/** One page of the instances that a caller may see, newest first, and one more where there is another page. */
import type { EntityManager } from '@zlh/database';
import { decodeCursor, type Identity } from '@zlh/http';
import { Instance, type InstanceRecord } from './schema.ts';

export function newestFirst(
  em: EntityManager,
  filter: { readonly limit: number; readonly cursor?: string | undefined },
  identity: Identity,
  shared: readonly string[],
): Promise<InstanceRecord[]> {
  const after = filter.cursor === undefined ? undefined : decodeCursor(filter.cursor);
  const visible = { $or: [{ ownerId: identity.id }, { id: { $in: [...shared] } }] };
  return em.find(
    Instance,
    {
      $and: [identity.administrator ? {} : visible],
      ...(after === undefined
        ? {}
        : {
            $or: [
              { createdAt: { $lt: after.createdAt } },
              { createdAt: after.createdAt, id: { $lt: after.id } },
            ],
          }),
    },
    { orderBy: { createdAt: 'desc', id: 'desc' }, limit: filter.limit + 1 },
  );
}
