/**
 * The ways in: registering, signing in, and becoming the first administrator by the set-up link. Two ways
 * ask for the password again: a new password, and the end of the account.
 *
 * A stranger learns from no answer, and from no time it takes, whether an address has an account. Registering
 * is the exception: it must say that an address is taken.
 */
import type { Database } from '@zlh/database';
import { Problem, problems, type HttpReply, type HttpRequest, type Identity } from '@zlh/http';
import type { Administration, KeyReport } from './administration.ts';
import { personOf } from './authenticators.ts';
import type { Audit, User } from './index.ts';
import { assertPassword, type Passwords } from './passwords.ts';
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
  readonly administration: Administration;
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

const wrongCredentials = () =>
  new Problem(401, 'accounts.wrong-credentials', 'The e-mail address or the password is wrong.');

/** Only whoever knows the password is told. */
const disabled = () =>
  new Problem(
    403,
    'accounts.disabled',
    'This account is disabled. Ask the host of this platform to enable it.',
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
    if (user === null || !right) throw wrongCredentials();
    await takeBack();
    if (user.disabledAt !== null) throw disabled();
    const renewed = passwords.isOutdated(user.password) ? await passwords.hash(password) : null;
    const { password: verified, ...known } = user;
    return this.#enter('accounts.login', request, reply, async (em) => {
      // Meanwhile the password may have been changed, or the account disabled: neither lets a session of
      // before stay.
      if (!(await users.isStill(em, user.id, verified))) throw wrongCredentials();
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
    wanted: {
      readonly current: string;
      readonly password: string;
      readonly revokeApiKeys?: boolean;
    },
    request: HttpRequest,
    reply: HttpReply,
  ): Promise<{ readonly session: Session; readonly apiKeys: KeyReport }> {
    const { password, revokeApiKeys = false } = wanted;
    await this.#verifyAgain(user, wanted.current, '/current', request);
    assertPassword(user.email, password);
    const hash = await this.#parts.passwords.hash(password);
    let apiKeys: KeyReport = { kept: 0, revoked: 0 };
    const session = await this.#enter('accounts.password-change', request, reply, async (em) => {
      apiKeys = await this.#parts.administration.replacePassword(em, user.id, hash, revokeApiKeys);
      return user;
    });
    return { session, apiKeys };
  }

  /** Ends the caller's account for good. */
  async deleteOwn(password: string, request: HttpRequest, reply: HttpReply): Promise<void> {
    const { administration, sessions } = this.#parts;
    const person = personOf(request.identity)!;
    await this.#verifyAgain(person.user, password, '/password', request);
    await administration.removeOwn(person);
    sessions.forgetCookie(request, reply);
  }

  async #verifyAgain(
    user: User,
    password: string,
    path: string,
    request: HttpRequest,
  ): Promise<void> {
    const { users, passwords, throttle } = this.#parts;
    const takeBack = await throttle.attempt(user.email, request.ip);
    const stored = await users.byEmail(user.email);
    if (!(await passwords.verify(password, stored?.password ?? null)))
      throw problems.invalid([{ path, message: 'is not your password' }]);
    await takeBack();
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
