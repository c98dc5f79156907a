/** Users: one for each normalised e-mail address. */
import { newId, type Database, type EntityManager } from '@zlh/database';
import { decodeCursor, encodeCursor, type Identity, type Page } from '@zlh/http';
import type { Accounts, User } from './index.ts';
import type { PermissionBook } from './permissions.ts';
import { revoke } from './revocations.ts';

interface Row {
  readonly id: string;
  readonly email: string;
  readonly role: User['role'];
  readonly created_at: Date;
  readonly disabled_at: Date | null;
}

/** Held by the caller's transaction. */
export interface LockedUser extends User {
  /** Nobody else could make administrators. */
  readonly isLastAdministrator: boolean;
}

const columns = 'id, email, role, created_at, disabled_at';

/** Addresses differ in nothing but case and composed letters: one person, one account. */
export const normaliseEmail = (email: string): string =>
  email.normalize('NFKC').trim().toLowerCase();

export class Users implements Accounts {
  readonly #database: Database;
  readonly #permissions: PermissionBook;

  constructor(parts: { readonly database: Database; readonly permissionBook: PermissionBook }) {
    this.#database = parts.database;
    this.#permissions = parts.permissionBook;
  }

  async user(id: string): Promise<User | null> {
    const [row] = await this.#database
      .fork()
      .execute<Row[]>(`select ${columns} from accounts_user where id = ?`, [id]);
    return row === undefined ? null : view(row);
  }

  async actingFor(id: string, label: string): Promise<Identity | null> {
    const user = await this.user(id);
    if (user === null || user.disabledAt !== null) return null;
    return {
      kind: 'user',
      id,
      label,
      administrator: user.role === 'administrator',
      can: (permission) => this.#permissions.roleAllows(user.role, permission),
    };
  }

  /** With the hash of the password; null when nobody has this address. */
  async byEmail(email: string): Promise<(User & { readonly password: string }) | null> {
    const rows = await this.#database
      .fork()
      .execute<(Row & { password: string })[]>(
        `select ${columns}, password from accounts_user where email = ?`,
        [normaliseEmail(email)],
      );
    const [row] = rows;
    return row === undefined ? null : { ...view(row), password: row.password };
  }

  /** Null when the address is taken. `password` is the hash. */
  async create(
    em: EntityManager,
    user: { readonly email: string; readonly role: User['role']; readonly password: string },
  ): Promise<User | null> {
    const [row] = await em.execute<Row[]>(
      `insert into accounts_user (id, email, role, password, created_at) values (?, ?, ?, ?, now()) on conflict (email) do nothing returning ${columns}`,
      [newId(), normaliseEmail(user.email), user.role, user.password],
    );
    return row === undefined ? null : view(row);
  }

  /**
   * Whether the account can be used and still has this password; neither changes before the transaction
   * ends.
   */
  async isStill(em: EntityManager, id: string, password: string): Promise<boolean> {
    const rows = await em.execute<unknown[]>(
      'select id from accounts_user where id = ? and password = ? and disabled_at is null for share',
      [id, password],
    );
    return rows.length > 0;
  }

  async setPassword(em: EntityManager, id: string, password: string): Promise<void> {
    await em.execute('update accounts_user set password = ? where id = ?', [password, id]);
  }

  async hold(em: EntityManager, id: string): Promise<boolean> {
    const rows = await em.execute<unknown[]>(
      'select id from accounts_user where id = ? and disabled_at is null for key share',
      [id],
    );
    return rows.length > 0;
  }

  /**
   * The user, held until the transaction ends; null when there is none. With all administrators, so that
   * two who demote each other at once do not both succeed.
   */
  async lock(em: EntityManager, id: string): Promise<LockedUser | null> {
    const rows = await em.execute<Row[]>(
      `select ${columns} from accounts_user where id = ? or role = 'administrator' order by id for update`,
      [id],
    );
    const user = rows.find((row) => row.id === id);
    if (user === undefined) return null;
    const others = rows.filter(({ role, disabled_at }) => role === 'administrator' && !disabled_at);
    return { ...view(user), isLastAdministrator: others.length === 1 && others[0]!.id === id };
  }

  async setRole(em: EntityManager, id: string, role: User['role']): Promise<User> {
    return this.#change(em, id, 'role = ?', [role]);
  }

  async setDisabled(em: EntityManager, id: string, disabled: boolean): Promise<User> {
    return this.#change(
      em,
      id,
      `disabled_at = ${disabled ? 'coalesce(disabled_at, now())' : 'null'}`,
    );
  }

  /** Sessions, keys and grants go with the user. */
  async remove(em: EntityManager, id: string): Promise<void> {
    await em.execute('delete from accounts_idempotency where caller = ?', [id]);
    await em.execute('delete from accounts_user where id = ?', [id]);
    await revoke(em, id);
  }

  async #change(
    em: EntityManager,
    id: string,
    assignment: string,
    values: readonly unknown[] = [],
  ): Promise<User> {
    const [row] = await em.execute<Row[]>(
      `update accounts_user set ${assignment} where id = ? returning ${columns}`,
      [...values, id],
    );
    await revoke(em, id);
    return view(row!);
  }

  async hasAdministrator(em: EntityManager): Promise<boolean> {
    const [row] = await em.execute<{ found: boolean }[]>(
      `select exists (select from accounts_user where role = 'administrator') as found`,
    );
    return row?.found === true;
  }

  async list(query: {
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<Page<User>> {
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor).id;
    const rows = await this.#database
      .fork()
      .execute<Row[]>(
        `select ${columns} from accounts_user where (?::uuid is null or id < ?) order by id desc limit ?`,
        [after, after, query.limit + 1],
      );
    const items = rows.slice(0, query.limit).map(view);
    const last = items.at(-1);
    return {
      items,
      nextCursor:
        rows.length > query.limit && last !== undefined
          ? encodeCursor({ createdAt: new Date(last.createdAt), id: last.id })
          : null,
    };
  }
}

function view({ id, email, role, created_at, disabled_at }: Row): User {
  return {
    id,
    email,
    role,
    createdAt: new Date(created_at).toISOString(),
    disabledAt: disabled_at === null ? null : new Date(disabled_at).toISOString(),
  };
}
