/**
 * The contract of `database`: entities and migrations are points, work runs in transactions, and what
 * must be kept secret at rest goes through the vault.
 */
import { point, token } from '@zlh/kernel';
import type { EntityManager, EntitySchema } from '@mikro-orm/postgresql';
import type { Client } from 'pg';

export type { EntityManager };
export { advisoryLocks } from './advisory-locks.ts';
export { newId } from './id.ts';
export { isUnreachable } from './unreachable.ts';

/**
 * While the server is away every call rejects with 503 `database.unreachable`; the connections come back by
 * themselves.
 */
export interface Database {
  /**
   * One transaction with an entity manager of its own; commits when `work` resolves, rolls back when it
   * throws.
   */
  transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T>;
  /** An entity manager of its own without a transaction, for reading. */
  fork(): EntityManager;
  /**
   * A connection outside the pool, for LISTEN and session-level advisory locks. The caller ends it.
   * Connection errors reach its `error` event; attach a listener.
   */
  connect(name: string): Promise<Client>;
}
export const Database = token<Database>('database');

export interface NotificationListener {
  /** A notification of any process, after the commit of the transaction that sent it. */
  heard(payload: string): void;
  /** The connection was away: some may have been missed. */
  missed(): void;
}

/** Hears `pg_notify`. Payloads are small; whoever cannot miss one keeps it in a table as well. */
export interface Notifications {
  /**
   * From its end on the listener hears. `channel`: lower-case letters and `_`. Answers how to stop hearing.
   */
  listen(channel: string, listener: NotificationListener): Promise<() => void>;
}
export const Notifications = token<Notifications>('database.notifications');

/** What `defineEntity` returns, one array per plugin. */
export const Entities = point<readonly EntitySchema[]>('database.entities');

/**
 * One step of the schema, run once, in the order: plugins by tokens, then as added. It is recorded as
 * `<plugin>/<name>`; a migration that ran somewhere is never edited.
 */
export interface Migration {
  /** `001_instance` */
  readonly name: string;
  /** Statements in order; use MikroORM's constraint names (`instance_vmid_unique`, `…_foreign`). */
  readonly up: readonly string[];
}
export const Migrations = point<readonly Migration[]>('database.migrations');

/** Encrypts what the platform must be able to read again, and derives tokens nobody has to store. */
export interface Vault {
  /** AES-256-GCM under the master key; `purpose` must be the same when opening. */
  seal(purpose: string, plain: string): string;
  /** Throws a CodedError when the text was sealed for another purpose, with another key, or was changed. */
  open(purpose: string, sealed: string): string;
  /** HMAC-SHA-256 of the parts under the master key, base64url: the same on every process of the platform. */
  derive(purpose: string, ...parts: readonly string[]): string;
}
export const Vault = token<Vault>('database.vault');
