/** The contract of `accounts`: who people are, what they may do, and what was done by whom. */
import { point, token } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';

/** Something one may be allowed to do; also a scope of API keys. */
export interface Permission {
  /** `instances.read`; a key's scope may be this id, `instances.*` or `*`. */
  readonly id: string;
  /** For people choosing the scopes of a key: "See instances and their state". */
  readonly description: string;
  /** Only for administrators. */
  readonly administrator?: boolean;
}
export const Permissions = point<readonly Permission[]>('accounts.permissions');

export interface User {
  readonly id: string;
  readonly email: string;
  readonly role: 'user' | 'administrator';
  readonly createdAt: string;
}

export interface Accounts {
  /** Null when there is no such user. */
  user(id: string): Promise<User | null>;
}
export const Accounts = token<Accounts>('accounts');

/** What was done, by whom, to what. Kept when its subject is deleted. */
export interface AuditEntry {
  /** `instances.create` */
  readonly action: string;
  /** E-mail address, or the name of the part of the platform that acted. */
  readonly actor: string;
  readonly userId: string | null;
  readonly instanceId?: string | null;
  /** Small; never secrets. */
  readonly data?: Readonly<Record<string, unknown>>;
}
export interface Audit {
  /** Writes in the caller's transaction: it is recorded exactly if it happened. */
  record(em: EntityManager, entry: AuditEntry): Promise<void>;
}
export const Audit = token<Audit>('accounts.audit');
