/**
 * Changes accounts: roles, disabling, deleting, new passwords.
 *
 * Guarantees: an administrator who can sign in is always left. A disabled or deleted account loses at once
 * all that is open. The audit trail has each change.
 */
import type { Database, EntityManager } from '@zlh/database';
import { problems, type Identity } from '@zlh/http';
import type { Contribution } from '@zlh/kernel';
import type { ApiKeys } from './api-keys.ts';
import type { AccountHook, Audit, User } from './index.ts';
import { assertPassword, type Passwords } from './passwords.ts';
import type { Sessions } from './sessions.ts';
import type { LockedUser, Users } from './users.ts';

interface Deps {
  readonly database: Database;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
  readonly passwords: Passwords;
  readonly audit: Audit;
  readonly accountHooks: readonly Contribution<AccountHook>[];
}

/** API keys after a change of the password, by what became of them. */
export interface KeyReport {
  readonly kept: number;
  readonly revoked: number;
}
export type PasswordChanged = User & { readonly apiKeys: KeyReport };

export class Administration {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  setRole(id: string, role: User['role'], actor: Identity): Promise<User> {
    return this.#change(id, actor, 'role-change', { role }, (em, user) => {
      if (role === 'user') assertNotLast(user);
      return this.#deps.users.setRole(em, id, role);
    });
  }

  /** Sessions end; API keys stay, and are of no use until the account is enabled again. */
  disable(id: string, actor: Identity): Promise<User> {
    return this.#change(id, actor, 'user-disable', {}, async (em, user) => {
      assertNotOwn(user, actor, 'disable');
      assertNotLast(user);
      await this.#deps.sessions.endAll(em, id);
      return this.#deps.users.setDisabled(em, id, true);
    });
  }

  enable(id: string, actor: Identity): Promise<User> {
    return this.#change(id, actor, 'user-enable', {}, (em) =>
      this.#deps.users.setDisabled(em, id, false),
    );
  }

  /** Ends the sessions of the user as well. */
  async setPassword(
    id: string,
    {
      password,
      revokeApiKeys = false,
    }: { readonly password: string; readonly revokeApiKeys?: boolean },
    actor: Identity,
  ): Promise<PasswordChanged> {
    const { users, passwords } = this.#deps;
    const known = await users.user(id);
    if (known === null) throw problems.notFound('user');
    assertPassword(known.email, password);
    const hash = await passwords.hash(password);
    return this.#change(id, actor, 'password-reset', { revokeApiKeys }, async (em, user) => ({
      ...withoutLock(user),
      apiKeys: await this.replacePassword(em, id, hash, revokeApiKeys),
    }));
  }

  async remove(id: string, actor: Identity): Promise<void> {
    await this.#change(id, actor, 'user-delete', {}, (em, user) => {
      assertNotOwn(user, actor, 'delete');
      return this.#remove(em, user);
    });
  }

  /** The caller has proven to be the user. */
  async removeOwn(actor: Identity): Promise<void> {
    await this.#change(actor.id, actor, 'user-delete', {}, (em, user) => this.#remove(em, user));
  }

  /** Ends every session. `hash`: of the new password. */
  async replacePassword(
    em: EntityManager,
    id: string,
    hash: string,
    revokeApiKeys: boolean,
  ): Promise<KeyReport> {
    const { users, sessions, apiKeys } = this.#deps;
    await users.setPassword(em, id, hash);
    await sessions.endAll(em, id);
    const revoked = revokeApiKeys ? await apiKeys.revokeAll(em, id) : 0;
    return { kept: await apiKeys.count(em, id), revoked };
  }

  async #remove(em: EntityManager, user: LockedUser): Promise<void> {
    assertNotLast(user);
    for (const { value } of this.#deps.accountHooks) await value.deleting(em, withoutLock(user));
    await this.#deps.users.remove(em, user.id);
  }

  #change<T>(
    id: string,
    actor: Identity,
    action: string,
    data: Readonly<Record<string, unknown>>,
    work: (em: EntityManager, user: LockedUser) => Promise<T>,
  ): Promise<T> {
    const { database, users, audit } = this.#deps;
    return database.transaction(async (em) => {
      const user = await users.lock(em, id);
      if (user === null) throw problems.notFound('user');
      const result = await work(em, user);
      await audit.record(em, {
        action: `accounts.${action}`,
        actor: actor.label,
        userId: actor.id,
        data: { user: user.email, id, ...data },
      });
      return result;
    });
  }
}

const withoutLock = ({ isLastAdministrator: _last, ...user }: LockedUser): User => user;

function assertNotLast({ isLastAdministrator }: LockedUser): void {
  if (isLastAdministrator)
    throw problems.conflict(
      'accounts.last-administrator',
      'This is the last administrator. Make somebody else one first.',
    );
}

/** A slip of the hand would lock out whoever could mend it. */
function assertNotOwn(user: User, actor: Identity, verb: 'disable' | 'delete'): void {
  if (user.id !== actor.id) return;
  throw problems.conflict(
    'accounts.own-account',
    verb === 'delete'
      ? 'This is your own account. Delete it with your password: POST /api/auth/delete-account.'
      : 'This is your own account. Ask another administrator to disable it.',
  );
}
