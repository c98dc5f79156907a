/** The audit trail: what was done, by whom, to what; written in the transaction that does it. */
import { newId, type Database, type EntityManager } from '@zlh/database';
import { decodeCursor, encodeCursor, type Page } from '@zlh/http';
import type { Audit, AuditEntry } from './index.ts';

export interface AuditView extends Required<AuditEntry> {
  readonly id: string;
  readonly at: string;
}

interface Row {
  readonly id: string;
  readonly action: string;
  readonly actor: string;
  readonly user_id: string | null;
  readonly instance_id: string | null;
  readonly data: Record<string, unknown>;
  readonly at: Date;
}

export interface AuditFilter {
  readonly userId?: string | undefined;
  readonly instanceId?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export class AuditTrail implements Audit {
  readonly #database: Database;

  constructor({ database }: { database: Database }) {
    this.#database = database;
  }

  async record(
    em: EntityManager,
    { action, actor, userId, instanceId, data }: AuditEntry,
  ): Promise<void> {
    await em.execute(
      'insert into accounts_audit (id, action, actor, user_id, instance_id, data, at) values (?, ?, ?, ?, ?, ?::jsonb, now())',
      [
        newId(),
        action,
        actor.slice(0, 320),
        userId,
        instanceId ?? null,
        JSON.stringify(data ?? {}),
      ],
    );
  }

  async list({ userId, instanceId, limit, cursor }: AuditFilter): Promise<Page<AuditView>> {
    const rows = await this.#database.fork().execute<Row[]>(
      `select id, action, actor, user_id, instance_id, data, at from accounts_audit
       where (?::uuid is null or user_id = ?) and (?::uuid is null or instance_id = ?) and (?::uuid is null or id < ?)
       order by id desc limit ?`,
      [
        ...twice(userId),
        ...twice(instanceId),
        ...twice(cursor === undefined ? undefined : decodeCursor(cursor).id),
        limit + 1,
      ],
    );
    const items = rows.slice(0, limit).map(view);
    const last = items.at(-1);
    return {
      items,
      nextCursor:
        rows.length > limit && last !== undefined
          ? encodeCursor({ createdAt: new Date(last.at), id: last.id })
          : null,
    };
  }
}

const twice = (value: string | undefined) => [value ?? null, value ?? null];

function view({ id, action, actor, user_id, instance_id, data, at }: Row): AuditView {
  return {
    id,
    action,
    actor,
    userId: user_id,
    instanceId: instance_id,
    data,
    at: new Date(at).toISOString(),
  };
}
