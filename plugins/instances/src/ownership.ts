/** No instance is left without an owner: whoever has one keeps the account. */
import type { AccountHook } from '@zlh/accounts';
import { problems } from '@zlh/http';
import { serialise } from './admission.ts';

const maxNamed = 5;

export const ownershipHook: AccountHook = {
  async deleting(em, { id }) {
    await serialise(em, id);
    const owned = await em.execute<{ id: string; name: string; count: number }[]>(
      `select id, name, count(*) over ()::int as count from instances_instance
       where owner_id = ? order by created_at desc limit ?`,
      [id, maxNamed],
    );
    if (owned.length === 0) return;
    const { count } = owned[0]!;
    const names = owned.map(({ name }) => `"${name}"`).join(', ');
    throw problems.conflict(
      'instances.account-owns-instances',
      `This account owns ${count === 1 ? 'an instance' : `${count} instances`}: ${names}${count > maxNamed ? ' …' : ''}. Delete ${count === 1 ? 'it' : 'them'} first.`,
      { instances: owned.map(({ id: instanceId, name }) => ({ id: instanceId, name })) },
    );
  },
};
