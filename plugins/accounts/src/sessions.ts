/**
 * Sessions of browsers. The cookie holds a random secret, the table its hash; a session ends when it was
 * not used for a while, when its time is over, or when somebody ends it, and then at once in every process.
 */
import { newId, type Database, type EntityManager } from '@zlh/database';
import {
  readCookies,
  readPlainCookies,
  writeCookie,
  type HttpReply,
  type HttpRequest,
} from '@zlh/http';
import type { User } from './index.ts';
import { revoke } from './revocations.ts';
import { hashSecret, newSecret } from './secrets.ts';
import type { Settings } from './settings.ts';

export const sessionCookie = 'zlh_session';

export interface Session {
  readonly id: string;
  readonly user: User;
  readonly expiresAt: string;
}

export interface SessionView {
  readonly id: string;
  readonly address: string;
  readonly userAgent: string;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly expiresAt: string;
}

interface Row {
  readonly id: string;
  readonly hash: string;
  readonly user_id: string;
  readonly email: string;
  readonly role: User['role'];
  readonly user_created_at: Date;
  readonly expires_at: Date;
  readonly stale: boolean;
}

/** The oldest ones give way. */
const mostPerUser = 50;
const daySeconds = 86_400;
const iso = (time: Date) => new Date(time).toISOString();

export class Sessions {
  readonly #database: Database;
  readonly #config: Settings;

  constructor({ database, config }: { database: Database; config: Settings }) {
    this.#database = database;
    this.#config = config;
  }

  /** The session that a cookie of the request opens; null when there is none, or it is over. */
  async ofRequest(request: HttpRequest): Promise<Session | null> {
    const hashes = hashesOf(readCookies(request, sessionCookie));
    return hashes.length === 0 ? null : this.#find(hashes);
  }

  /** Ends every session that a cookie of the request opens, or opened before the platform had https. */
  async endOfRequest(em: EntityManager, request: HttpRequest): Promise<void> {
    const hashes = hashesOf([
      ...readCookies(request, sessionCookie),
      ...readPlainCookies(request, sessionCookie),
    ]);
    if (hashes.length > 0) await this.#delete(em, `hash in (${placesFor(hashes)})`, hashes);
  }

  /** A new session with a new secret; the one the browser had, if any, ends. Sets the cookie. */
  async open(
    em: EntityManager,
    user: User,
    request: HttpRequest,
    reply: HttpReply,
  ): Promise<Session> {
    await this.endOfRequest(em, request);
    const secret = newSecret();
    const [row] = await em.execute<{ id: string; expires_at: Date }[]>(
      `insert into accounts_session (id, user_id, hash, address, user_agent, created_at, last_seen_at, expires_at)
       values (?, ?, ?, ?, ?, now(), now(), now() + make_interval(secs => ?)) returning id, expires_at`,
      [
        newId(),
        user.id,
        hashSecret(secret),
        request.ip.slice(0, 64),
        printable(request.headers['user-agent']),
        this.#config.sessionDays * daySeconds,
      ],
    );
    await this.#delete(
      em,
      'user_id = ? and id not in (select id from accounts_session where user_id = ? order by created_at desc, id desc limit ?)',
      [user.id, user.id, mostPerUser],
    );
    writeCookie(request, reply, sessionCookie, secret, this.#config.sessionDays * daySeconds);
    return { id: row!.id, user, expiresAt: iso(row!.expires_at) };
  }

  async list(userId: string): Promise<readonly SessionView[]> {
    const rows = await this.#database.fork().execute<
      {
        id: string;
        address: string;
        user_agent: string;
        created_at: Date;
        last_seen_at: Date;
        expires_at: Date;
      }[]
    >(
      `select id, address, user_agent, created_at, last_seen_at, expires_at from accounts_session
       where user_id = ? and expires_at > now() and last_seen_at > now() - make_interval(secs => ?) order by last_seen_at desc, id desc`,
      [userId, this.#idleSeconds],
    );
    return rows.map((row) => ({
      id: row.id,
      address: row.address,
      userAgent: row.user_agent,
      createdAt: iso(row.created_at),
      lastSeenAt: iso(row.last_seen_at),
      expiresAt: iso(row.expires_at),
    }));
  }

  /** Ends one session of the user; answers whether there was one. */
  async end(em: EntityManager, userId: string, id: string): Promise<boolean> {
    return (await this.#delete(em, 'id = ? and user_id = ?', [id, userId])) > 0;
  }

  async endAll(em: EntityManager, userId: string): Promise<void> {
    await this.#delete(em, 'user_id = ?', [userId]);
  }

  forgetCookie(request: HttpRequest, reply: HttpReply): void {
    writeCookie(request, reply, sessionCookie, '', 0);
  }

  async prune(): Promise<void> {
    await this.#database
      .fork()
      .execute(
        'delete from accounts_session where expires_at < now() or last_seen_at < now() - make_interval(secs => ?)',
        [this.#idleSeconds],
      );
  }

  get #idleSeconds(): number {
    return this.#config.sessionIdleDays * daySeconds;
  }

  /** Answers how many there were. */
  async #delete(em: EntityManager, where: string, values: readonly unknown[]): Promise<number> {
    const rows = await em.execute<{ user_id: string }[]>(
      `delete from accounts_session where ${where} returning user_id`,
      values,
    );
    for (const id of new Set(rows.map(({ user_id }) => user_id))) await revoke(em, id);
    return rows.length;
  }

  /** Of several that are open, the one whose cookie the browser names first: its path is the longest. */
  async #find(hashes: readonly string[]): Promise<Session | null> {
    const em = this.#database.fork();
    const rows = await em.execute<Row[]>(
      `select s.id, s.hash, s.user_id, s.expires_at, s.last_seen_at < now() - interval '1 minute' as stale, u.email, u.role, u.created_at as user_created_at
       from accounts_session s join accounts_user u on u.id = s.user_id
       where s.hash in (${placesFor(hashes)}) and u.disabled_at is null and s.expires_at > now() and s.last_seen_at > now() - make_interval(secs => ?)`,
      [...hashes, this.#idleSeconds],
    );
    const row = hashes.map((hash) => rows.find((each) => each.hash === hash)).find(Boolean);
    if (row === undefined) return null;
    if (row.stale)
      await em.execute('update accounts_session set last_seen_at = now() where id = ?', [row.id]);
    const user: User = {
      id: row.user_id,
      email: row.email,
      role: row.role,
      createdAt: iso(row.user_created_at),
      disabledAt: null,
    };
    return { id: row.id, user, expiresAt: iso(row.expires_at) };
  }
}

/** Values in another form than a session's secret are left out. */
function hashesOf(values: readonly string[]): string[] {
  return values.filter((value) => /^[\w-]{43}$/.test(value)).map(hashSecret);
}

const placesFor = (values: readonly unknown[]) => values.map(() => '?').join(', ');

function printable(userAgent: string | undefined): string {
  return (userAgent ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, 200);
}
