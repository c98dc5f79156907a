/** The contract of `accounts`: who people are, what they may do, and what was done by whom. */
import { point, token } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';
import type { Identity } from '@zlh/http';

/** Something one may be allowed to do; also a scope of API keys. */
export interface Permission {
  /** `instances.read`; a key's scope may be this id, `instances.*` or `*`. */
  readonly id: string;
  /** For people choosing the scopes of a key: "See instances and their state". */
  readonly description: string;
  /** Only for administrators. */
  readonly administrator?: boolean;
  /**
   * The least role on somebody else's instance that includes it. Absent: the owner keeps it to themselves.
   */
  readonly grantedTo?: InstanceRole;
}
export const Permissions = point<readonly Permission[]>('accounts.permissions');

export interface User {
  readonly id: string;
  readonly email: string;
  readonly role: 'user' | 'administrator';
  readonly createdAt: string;
  /** Since when nobody may come in with it; null: one may. */
  readonly disabledAt: string | null;
}

export interface Accounts {
  /** Null when there is no such user. */
  user(id: string): Promise<User | null>;
  /**
   * What is done for a user who is not there, with the rights they have now; `label` says by what:
   * `schedule "Nightly"`. Null when there is no such user, or their account is disabled.
   */
  actingFor(id: string, label: string): Promise<Identity | null>;
  /**
   * Whether the account is there and not disabled; it is not deleted before the caller's transaction ends.
   * For those who give somebody something. Ask before any lock of your own is taken.
   */
  hold(em: EntityManager, id: string): Promise<boolean>;
}
export const Accounts = token<Accounts>('accounts');

/** Takes part in the end of an account, in its transaction. */
export interface AccountHook {
  /**
   * Throws a 409 while the user owns something that must not be left behind; otherwise removes what goes
   * with them.
   */
  deleting(em: EntityManager, user: User): Promise<void>;
}
export const AccountHooks = point<AccountHook>('accounts.hooks');

/** What somebody may do on an instance of somebody else; each role includes those before it. */
export const instanceRoles = ['viewer', 'operator', 'manager'] as const;
export type InstanceRole = (typeof instanceRoles)[number];

export interface Grant {
  readonly userId: string;
  readonly email: string;
  readonly role: InstanceRole;
  readonly createdAt: string;
}

/** Grants on single instances. Whose the instances are, and who may grant, is the business of `instances`. */
export interface Grants {
  /** Null when nothing is granted. */
  roleOn(em: EntityManager, instanceId: string, userId: string): Promise<InstanceRole | null>;
  includes(role: InstanceRole, permission: string): boolean;
  /** Every instance on which the user was granted something. */
  of(em: EntityManager, userId: string): Promise<ReadonlyMap<string, InstanceRole>>;
  /** Everybody who was granted something on the instance. */
  on(em: EntityManager, instanceId: string): Promise<readonly Grant[]>;
  /** Grants, or changes what was granted. 422 `/email` when nobody has that address. */
  give(em: EntityManager, instanceId: string, email: string, role: InstanceRole): Promise<Grant>;
  /** False when there was nothing to take back. */
  takeBack(em: EntityManager, instanceId: string, userId: string): Promise<boolean>;
  /** The instance is gone. */
  forget(em: EntityManager, instanceId: string): Promise<void>;
}
export const Grants = token<Grants>('accounts.grants');

/** What was done, by whom, to what. Kept when its subject is deleted. */
export interface AuditEntry {
  /** `instances.create` */
  readonly action: string;
  /** E-mail address, or the name of the part of the platform that acted. */
  readonly actor: string;
  readonly userId: string | null;
  readonly instanceId?: string | null;
  /** Small; never secrets. Long texts and lists are cut. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** It may happen a thousand times a minute: beyond the first of each ten minutes it is only counted. */
  readonly frequent?: boolean;
}
export interface Audit {
  /** Writes in the caller's transaction: it is recorded exactly if it happened. */
  record(em: EntityManager, entry: AuditEntry): Promise<void>;
}
export const Audit = token<Audit>('accounts.audit');
