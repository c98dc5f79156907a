/** The `Grants` service: what was granted on single instances, by a role that includes permissions. */
import type { EntityManager } from '@zlh/database';
import { problems } from '@zlh/http';
import { instanceRoles, type Grant, type Grants, type InstanceRole } from './index.ts';
import type { PermissionBook } from './permissions.ts';
import { revoke } from './revocations.ts';
import { normaliseEmail } from './users.ts';

interface Row {
  readonly user_id: string;
  readonly email: string;
  readonly role: InstanceRole;
  readonly created_at: Date;
}

/** On one instance; more people than that are a user group, not a list of grants. */
const mostGrants = 100;

export class InstanceGrants implements Grants {
  readonly #permissions: PermissionBook;

  constructor({ permissionBook }: { permissionBook: PermissionBook }) {
    this.#permissions = permissionBook;
  }

  includes(role: InstanceRole, permission: string): boolean {
    const least = this.#permissions.find(permission)?.grantedTo;
    return least !== undefined && instanceRoles.indexOf(role) >= instanceRoles.indexOf(least);
  }

  async roleOn(
    em: EntityManager,
    instanceId: string,
    userId: string,
  ): Promise<InstanceRole | null> {
    const [row] = await em.execute<Pick<Row, 'role'>[]>(
      'select role from accounts_grant where instance_id = ? and user_id = ?',
      [instanceId, userId],
    );
    return row?.role ?? null;
  }

  async of(em: EntityManager, userId: string): Promise<ReadonlyMap<string, InstanceRole>> {
    const rows = await em.execute<{ instance_id: string; role: InstanceRole }[]>(
      'select instance_id, role from accounts_grant where user_id = ?',
      [userId],
    );
    return new Map(rows.map(({ instance_id, role }) => [instance_id, role]));
  }

  async on(em: EntityManager, instanceId: string): Promise<readonly Grant[]> {
    const rows = await em.execute<Row[]>(
      `select user_id, email, g.role, g.created_at from accounts_grant g join accounts_user u on u.id = g.user_id
       where instance_id = ? order by g.created_at, user_id`,
      [instanceId],
    );
    return rows.map(view);
  }

  async give(
    em: EntityManager,
    instanceId: string,
    email: string,
    role: InstanceRole,
  ): Promise<Grant> {
    const [count] = await em.execute<{ count: number }[]>(
      'select count(*)::int as count from accounts_grant where instance_id = ?',
      [instanceId],
    );
    if (count!.count >= mostGrants)
      throw problems.conflict(
        'accounts.too-many-grants',
        `At most ${mostGrants} people can be granted something on one instance. Take a grant back first.`,
      );
    const [row] = await em.execute<Row[]>(
      `with person as (select id, email from accounts_user where email = ?),
       given as (insert into accounts_grant (instance_id, user_id, role, created_at) select ?, id, ?, now() from person
                 on conflict (instance_id, user_id) do update set role = excluded.role returning user_id, role, created_at)
       select user_id, email, role, created_at from given join person on person.id = given.user_id`,
      [normaliseEmail(email), instanceId, role],
    );
    if (row === undefined)
      throw problems.invalid([{ path: '/email', message: 'nobody has an account with it' }]);
    // It may be less than what they had.
    await revoke(em, row.user_id);
    return view(row);
  }

  async takeBack(em: EntityManager, instanceId: string, userId: string): Promise<boolean> {
    const rows = await em.execute<unknown[]>(
      'delete from accounts_grant where instance_id = ? and user_id = ? returning user_id',
      [instanceId, userId],
    );
    if (rows.length > 0) await revoke(em, userId);
    return rows.length > 0;
  }

  async forget(em: EntityManager, instanceId: string): Promise<void> {
    await em.execute('delete from accounts_grant where instance_id = ?', [instanceId]);
    await revoke(em, instanceId);
  }
}

function view({ user_id, email, role, created_at }: Row): Grant {
  return { userId: user_id, email, role, createdAt: new Date(created_at).toISOString() };
}
