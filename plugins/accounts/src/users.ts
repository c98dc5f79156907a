/** Users: one for each normalised e-mail address. */
import { newId, type Database, type EntityManager } from '@zlh/database';
import { decodeCursor, encodeCursor, problems, type Identity, type Page } from '@zlh/http';
import type { Accounts, User } from './index.ts';
import type { PermissionBook } from './permissions.ts';

interface Row {
  readonly id: string;
  readonly email: string;
  readonly role: User['role'];
  readonly created_at: Date;
}

const columns = 'id, email, role, created_at';

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
    if (user === null) return null;
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

  async setPassword(em: EntityManager, id: string, password: string): Promise<void> {
    await em.execute('update accounts_user set password = ? where id = ?', [password, id]);
  }

  /**
   * Null when there is no such user. The last administrator keeps the role: nobody could give it back. Takes hold of
   * all administrators first, so that two who demote each other at once do not both succeed.
   */
  async setRole(em: EntityManager, id: string, role: User['role']): Promise<User | null> {
    const administrators = await em.execute<{ id: string }[]>(
      `select id from accounts_user where role = 'administrator' order by id for update`,
    );
    if (role === 'user' && administrators.length === 1 && administrators[0]!.id === id) {
      throw problems.conflict(
        'accounts.last-administrator',
        'This is the last administrator. Make somebody else one first.',
      );
    }
    const [row] = await em.execute<Row[]>(
      `update accounts_user set role = ? where id = ? returning ${columns}`,
      [role, id],
    );
    return row === undefined ? null : view(row);
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

function view({ id, email, role, created_at }: Row): User {
  return { id, email, role, createdAt: new Date(created_at).toISOString() };
}
