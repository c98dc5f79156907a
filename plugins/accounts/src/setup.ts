/**
 * The first administrator: made from the settings, or by whoever holds the one-time link that is printed
 * while there is none. The link is derived from a row of the database and the master key, so all processes
 * print the same one, a restart prints it again, and the database alone does not give it away.
 */
import { advisoryLocks, newId, type Database, type EntityManager, type Vault } from '@zlh/database';
import { Problem } from '@zlh/http';
import type { Logger, StartLine } from '@zlh/kernel';
import type { Audit } from './index.ts';
import type { Passwords } from './passwords.ts';
import { revoke } from './revocations.ts';
import { sameText } from './secrets.ts';
import type { Settings } from './settings.ts';
import { normaliseEmail, type Users } from './users.ts';

interface Parts {
  readonly config: Settings;
  readonly log: Logger;
  readonly database: Database;
  readonly vault: Vault;
  readonly users: Users;
  readonly passwords: Passwords;
  readonly audit: Audit;
}

/** Serialises processes that find no administrator at the same instant. */
const setupLock = advisoryLocks.setup;
const wrongLink = () =>
  new Problem(
    403,
    'accounts.setup-link-invalid',
    'This set-up link is wrong or was used already. The log of the platform shows the one that is valid, if any.',
  );

export class Setup {
  readonly #parts: Parts;
  #publicUrl = '';

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether nobody is administrator yet. */
  async isRequired(): Promise<boolean> {
    const { database, users } = this.#parts;
    return !(await users.hasAdministrator(database.fork()));
  }

  /** Makes the administrator of the settings when there is none at all. */
  async fromSettings(): Promise<void> {
    const { config, database, users, passwords, log, audit } = this.#parts;
    const { adminEmail, adminPassword } = config;
    if (adminEmail === undefined || adminPassword === undefined || !(await this.isRequired()))
      return;
    const password = await passwords.hash(adminPassword);
    await database.transaction(async (em) => {
      await this.#lock(em);
      if (await users.hasAdministrator(em)) return;
      const made = await users.create(em, { email: adminEmail, role: 'administrator', password });
      if (made === null) await takeOver(em, normaliseEmail(adminEmail), password);
      await em.execute('update accounts_setup set used_at = now() where used_at is null');
      await audit.record(em, {
        action: 'accounts.setup',
        actor: 'settings',
        userId: made?.id ?? null,
      });
      log.info(`${normaliseEmail(adminEmail)} is the first administrator, as the settings say`);
    });
  }

  /** The link's token; null when there is an administrator. */
  async token(): Promise<string | null> {
    const { database, users } = this.#parts;
    return database.transaction(async (em) => {
      await this.#lock(em);
      if (await users.hasAdministrator(em)) return null;
      const id = (await this.#open(em)) ?? newId();
      await em.execute(
        'insert into accounts_setup (id, created_at) values (?, now()) on conflict do nothing',
        [id],
      );
      return this.#derive(id);
    });
  }

  /** Called once, with the address where people reach the platform. */
  listening(publicUrl: string): void {
    this.#publicUrl = publicUrl;
  }

  /** The one-time link; undefined when there is an administrator. */
  async startLine(): Promise<StartLine | undefined> {
    const token = await this.token();
    if (token === null) return undefined;
    return {
      label: 'First step',
      text: `No administrator exists yet. Open this one-time link to create one:\n\n${this.#publicUrl}/setup?token=${token}`,
      important: true,
    };
  }

  /** Throws a 403 unless the link is valid now; asked before anything costly is done for a stranger. */
  async assertToken(
    token: string,
    em: EntityManager = this.#parts.database.fork(),
  ): Promise<string> {
    const id = await this.#open(em);
    if (
      id === null ||
      !sameText(token, this.#derive(id)) ||
      (await this.#parts.users.hasAdministrator(em))
    )
      throw wrongLink();
    return id;
  }

  /** Uses the link up, in the transaction that makes the administrator. */
  async use(em: EntityManager, token: string): Promise<void> {
    await this.#lock(em);
    const id = await this.assertToken(token, em);
    await em.execute('update accounts_setup set used_at = now() where id = ?', [id]);
  }

  async #open(em: EntityManager): Promise<string | null> {
    const [row] = await em.execute<{ id: string }[]>(
      'select id from accounts_setup where used_at is null order by id limit 1',
    );
    return row?.id ?? null;
  }

  #derive(id: string): string {
    return this.#parts.vault.derive('accounts.setup-link', id);
  }

  async #lock(em: EntityManager): Promise<void> {
    await em.execute('select pg_advisory_xact_lock(?)', [setupLock]);
  }
}

/**
 * A stranger registered the administrator's address first: the host's settings win, and what they opened is
 * shut.
 */
async function takeOver(em: EntityManager, email: string, password: string): Promise<void> {
  const [row] = await em.execute<{ id: string }[]>(
    `update accounts_user set role = 'administrator', password = ?, disabled_at = null where email = ? returning id`,
    [password, email],
  );
  await em.execute('delete from accounts_session where user_id = ?', [row!.id]);
  await em.execute('delete from accounts_api_key where user_id = ?', [row!.id]);
  await revoke(em, row!.id);
}
