/**
 * API keys: `zlh_<id>_<secret>`, kept as a hash. A key acts for its user, within its scopes, until it
 * expires or is revoked; it can make other keys only with a scope for that, and never any that could do
 * more than itself.
 */
import { newId, type Database, type EntityManager } from '@zlh/database';
import { decodeCursor, encodeCursor, problems, type Page } from '@zlh/http';
import type { User } from './index.ts';
import { covers, type PermissionBook } from './permissions.ts';
import { revoke } from './revocations.ts';
import { hashSecret, newSecret, sameText } from './secrets.ts';
import type { Settings } from './settings.ts';

export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  /** How the key begins, to tell keys apart. */
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

/** With what the user asks for a new key: another key, or a session. */
export interface KeyMaker {
  readonly key: ApiKeyView | null;
  readonly session: { readonly id: string } | null;
}

/** A key that was shown on a request. */
export interface UsedKey {
  readonly key: ApiKeyView;
  readonly user: User;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly scopes: string[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}
type UsedRow = Row & {
  hash: string;
  user_id: string;
  email: string;
  role: User['role'];
  user_created_at: Date;
  stale: boolean;
};

const columns = 'k.id, k.name, k.scopes, k.created_at, k.expires_at, k.last_used_at';
const format = /^zlh_([0-9a-f]{32})_([\w-]{43})$/;
const alive = '(k.expires_at is null or k.expires_at > now())';

export class ApiKeys {
  readonly #database: Database;
  readonly #book: PermissionBook;
  readonly #config: Settings;

  constructor({
    database,
    permissionBook,
    config,
  }: {
    database: Database;
    permissionBook: PermissionBook;
    config: Settings;
  }) {
    this.#database = database;
    this.#book = permissionBook;
    this.#config = config;
  }

  /** The secret is answered once and kept nowhere. */
  async create(
    em: EntityManager,
    user: User,
    wanted: {
      readonly name: string;
      readonly scopes: readonly string[];
      readonly expiresAt: string | null;
    },
    { key: maker, session }: KeyMaker,
  ): Promise<ApiKeyView & { readonly secret: string }> {
    const scopes = [...new Set(wanted.scopes)];
    this.#assertScopes(user, scopes, maker);
    assertExpiry(wanted.expiresAt, maker);
    // Locks the user, so that two requests at once cannot both take the last place.
    await em.execute('select from accounts_user where id = ? for update', [user.id]);
    await assertAlive(em, maker, session);
    const [count] = await em.execute<{ count: number }[]>(
      'select count(*)::int as count from accounts_api_key where user_id = ?',
      [user.id],
    );
    if (count!.count >= this.#config.keysPerUser)
      throw problems.conflict(
        'accounts.too-many-keys',
        `You have ${count!.count} API keys, and no more are allowed. Revoke one first.`,
      );
    const id = newId();
    const secret = newSecret();
    const [row] = await em.execute<Row[]>(
      `insert into accounts_api_key as k (id, user_id, name, hash, scopes, created_at, expires_at) values (?, ?, ?, ?, ?::jsonb, now(), ?) returning ${columns}`,
      [id, user.id, wanted.name, hashSecret(secret), JSON.stringify(scopes), wanted.expiresAt],
    );
    return { ...view(row!), secret: `zlh_${id.replaceAll('-', '')}_${secret}` };
  }

  /** Null when the text is no key, or one that is wrong, revoked or expired. */
  async use(text: string): Promise<UsedKey | null> {
    const parts = format.exec(text);
    if (parts === null) return null;
    const [, hex, secret] = parts as unknown as [string, string, string];
    const em = this.#database.fork();
    const [row] = await em.execute<UsedRow[]>(
      `select ${columns}, k.hash, k.user_id, u.email, u.role, u.created_at as user_created_at,
         (k.last_used_at is null or k.last_used_at < now() - interval '1 minute') as stale
       from accounts_api_key k join accounts_user u on u.id = k.user_id where k.id = ?::uuid and u.disabled_at is null and ${alive}`,
      [hex],
    );
    if (row === undefined || !sameText(row.hash, hashSecret(secret))) return null;
    if (row.stale)
      await em.execute('update accounts_api_key set last_used_at = now() where id = ?', [row.id]);
    const user: User = {
      id: row.user_id,
      email: row.email,
      role: row.role,
      createdAt: new Date(row.user_created_at).toISOString(),
      disabledAt: null,
    };
    return { key: view(row), user };
  }

  /** Expired ones too, so that one sees why a script stopped. */
  async list(
    userId: string,
    query: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<ApiKeyView>> {
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor).id;
    const rows = await this.#database
      .fork()
      .execute<Row[]>(
        `select ${columns} from accounts_api_key k where k.user_id = ? and (?::uuid is null or k.id < ?) order by k.id desc limit ?`,
        [userId, after, after, query.limit + 1],
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

  /** Revokes a key of the user; answers its name, or null when there is none. */
  async revoke(em: EntityManager, userId: string, id: string): Promise<string | null> {
    const [row] = await em.execute<{ name: string }[]>(
      'delete from accounts_api_key where id = ? and user_id = ? returning name',
      [id, userId],
    );
    if (row !== undefined) await revoke(em, userId);
    return row?.name ?? null;
  }

  /** Answers how many there were. */
  async revokeAll(em: EntityManager, userId: string): Promise<number> {
    const rows = await em.execute<unknown[]>(
      'delete from accounts_api_key where user_id = ? returning id',
      [userId],
    );
    if (rows.length > 0) await revoke(em, userId);
    return rows.length;
  }

  /** Counts the keys that are not expired. */
  async count(em: EntityManager, userId: string): Promise<number> {
    const [row] = await em.execute<{ count: number }[]>(
      `select count(*)::int as count from accounts_api_key k where k.user_id = ? and ${alive}`,
      [userId],
    );
    return row!.count;
  }

  #assertScopes(user: User, scopes: readonly string[], maker: ApiKeyView | null): void {
    const faults = scopes.flatMap((scope, index) => {
      const path = `/scopes/${index}`;
      if (!this.#book.isScope(scope))
        return [{ path, message: `names no permission: GET /api/permissions lists them` }];
      const known = this.#book.find(scope);
      if (known?.administrator === true && user.role !== 'administrator')
        return [{ path, message: 'is for administrators only' }];
      if (maker !== null && !covers(maker.scopes, scope))
        return [{ path, message: 'is more than the key that asks may do' }];
      return [];
    });
    if (faults.length > 0) throw problems.invalid(faults);
  }
}

/** A session or key that was revoked since the request came in makes no key. */
async function assertAlive(
  em: EntityManager,
  key: KeyMaker['key'],
  session: KeyMaker['session'],
): Promise<void> {
  const [table, id] = key === null ? ['session', session?.id] : ['api_key', key.id];
  const rows = await em.execute<unknown[]>(`select id from accounts_${table} where id = ?`, [id]);
  if (rows.length === 0) throw problems.unauthenticated();
}

function assertExpiry(expiresAt: string | null, maker: ApiKeyView | null): void {
  const path = '/expiresAt';
  const year = expiresAt === null ? 0 : new Date(expiresAt).getUTCFullYear();
  if (expiresAt !== null && !(Date.parse(expiresAt) > Date.now() && year < 10_000))
    throw problems.invalid([{ path, message: 'must be in the future' }]);
  const end = maker?.expiresAt ?? null;
  if (end === null) return;
  if (expiresAt === null || Date.parse(expiresAt) > Date.parse(end))
    throw problems.invalid([
      { path, message: `must not be later than ${end}, when the key that asks expires` },
    ]);
}

function view({ id, name, scopes, created_at, expires_at, last_used_at }: Row): ApiKeyView {
  const iso = (time: Date | null) => (time === null ? null : new Date(time).toISOString());
  return {
    id,
    name,
    prefix: `zlh_${id.replaceAll('-', '').slice(0, 12)}`,
    scopes,
    createdAt: iso(created_at)!,
    expiresAt: iso(expires_at),
    lastUsedAt: iso(last_used_at),
  };
}
