/**
 * The ways in: registering, signing in, and becoming the first administrator by the set-up link; and changing the
 * password behind them. A stranger learns from no answer, and from no time it takes, whether an address has an account;
 * registering is the exception, because it must say that an address is taken.
 */
import type { Database } from '@zlh/database';
import { Problem, problems, type HttpReply, type HttpRequest, type Identity } from '@zlh/http';
import type { Audit, User } from './index.ts';
import type { Passwords } from './passwords.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Settings } from './settings.ts';
import type { Setup } from './setup.ts';
import type { Throttle } from './throttle.ts';
import { normaliseEmail, type Users } from './users.ts';

interface Parts {
  readonly config: Settings;
  readonly database: Database;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly throttle: Throttle;
  readonly setup: Setup;
  readonly audit: Audit;
}
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

const taken = () =>
  problems.conflict(
    'accounts.email-taken',
    'This e-mail address has an account already. Sign in instead.',
  );

export class Doors {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether strangers may make accounts of their own. */
  get registrationOpen(): boolean {
    return this.#parts.config.registration === 'open';
  }

  /** By an administrator, for somebody else. */
  async invite(
    { email, password, role }: Credentials & { readonly role: User['role'] },
    by: Identity,
  ): Promise<User> {
    const { database, users, passwords, audit } = this.#parts;
    assertPassword(email, password);
    const hash = await passwords.hash(password);
    return database.transaction(async (em) => {
      const user = await users.create(em, { email, role, password: hash });
      if (user === null) throw taken();
      await audit.record(em, {
        action: 'accounts.create',
        actor: by.label,
        userId: by.id,
        data: { user: user.email, role },
      });
      return user;
    });
  }

  async register(
    { email, password }: Credentials,
    request: HttpRequest,
    reply: HttpReply,
  ): Promise<Session> {
    const { users } = this.#parts;
    if (!this.registrationOpen)
      throw new Problem(
        403,
        'accounts.registration-closed',
        'Accounts are made by the administrators of this platform. Ask one of them for yours.',
      );
    assertPassword(email, password);
    const hash = await this.#parts.passwords.hash(password);
    return this.#enter('accounts.register', request, reply, async (em) => {
      const user = await users.create(em, { email, role: 'user', password: hash });
      if (user === null) throw taken();
      return user;
    });
  }

  async login(
    { email, password }: Credentials,
    request: HttpRequest,
    reply: HttpReply,
  ): Promise<Session> {
    const { users, passwords, throttle } = this.#parts;
    const takeBack = await throttle.attempt(normaliseEmail(email), request.ip);
    const user = await users.byEmail(email);
    const right = await passwords.verify(password, user?.password ?? null);
    if (user === null || !right)
      throw new Problem(
        401,
        'accounts.wrong-credentials',
        'The e-mail address or the password is wrong.',
      );
    await takeBack();
    const renewed = passwords.isOutdated(user.password) ? await passwords.hash(password) : null;
    const { password: _hash, ...known } = user;
    return this.#enter('accounts.login', request, reply, async (em) => {
      if (renewed !== null) await users.setPassword(em, user.id, renewed);
      return known;
    });
  }

  async setUp(
    { email, password, token }: Credentials & { readonly token: string },
    request: HttpRequest,
    reply: HttpReply,
  ): Promise<Session> {
    const { setup, passwords, users } = this.#parts;
    await setup.assertToken(token);
    assertPassword(email, password);
    const hash = await passwords.hash(password);
    return this.#enter('accounts.setup', request, reply, async (em) => {
      await setup.use(em, token);
      const user = await users.create(em, { email, role: 'administrator', password: hash });
      if (user === null) throw taken();
      return user;
    });
  }

  /** Ends every other session of the user, and gives this browser a new one. */
  async changePassword(
    user: User,
    { current, password }: { readonly current: string; readonly password: string },
    request: HttpRequest,
    reply: HttpReply,
  ): Promise<Session> {
    const { users, sessions, passwords, throttle } = this.#parts;
    const takeBack = await throttle.attempt(user.email, request.ip);
    const stored = await users.byEmail(user.email);
    if (!(await passwords.verify(current, stored?.password ?? null)))
      throw problems.invalid([{ path: '/current', message: 'is not your password' }]);
    await takeBack();
    assertPassword(user.email, password);
    const hash = await passwords.hash(password);
    return this.#enter('accounts.password-change', request, reply, async (em) => {
      await users.setPassword(em, user.id, hash);
      await sessions.endAll(em, user.id);
      return user;
    });
  }

  /** What lets somebody in, their session and the record of it happen together or not at all. */
  #enter(
    action: string,
    request: HttpRequest,
    reply: HttpReply,
    work: (em: Parameters<Parameters<Database['transaction']>[0]>[0]) => Promise<User>,
  ): Promise<Session> {
    const { database, sessions, audit } = this.#parts;
    return database.transaction(async (em) => {
      const user = await work(em);
      await audit.record(em, {
        action,
        actor: user.email,
        userId: user.id,
        data: { address: request.ip },
      });
      return sessions.open(em, user, request, reply);
    });
  }
}

/** Beyond what the schema says of its length. */
export function assertPassword(email: string, password: string): void {
  const plain = password.normalize('NFKC').toLowerCase();
  const wrong = (message: string) => problems.invalid([{ path: '/password', message }]);
  if (plain === normaliseEmail(email)) throw wrong('must not be your e-mail address');
  if (new Set(plain).size < 4) throw wrong('repeats too few characters: use a longer sentence');
}
