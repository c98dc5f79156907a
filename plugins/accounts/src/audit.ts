/**
 * The audit trail: each action with its actor and its target, written in the transaction that does it.
 * `audit-upkeep.ts` sums the frequent ones, and keeps the trail within its limits.
 */
import { newId, type Database, type EntityManager } from '@zlh/database';
import { decodeCursor, encodeCursor, type Page } from '@zlh/http';
import type { Audit, AuditEntry } from './index.ts';

export interface AuditView extends Required<Omit<AuditEntry, 'frequent'>> {
  readonly id: string;
  readonly at: string;
  /** How often it happened, from `at` to `until`; 1 for a single one. */
  readonly count: number;
  readonly until: string | null;
}

interface Row {
  readonly id: string;
  readonly action: string;
  readonly actor: string;
  readonly user_id: string | null;
  readonly instance_id: string | null;
  readonly data: Record<string, unknown>;
  readonly at: Date;
  readonly count: number;
  readonly until: Date | null;
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
    { action, actor, userId, instanceId, data = {}, frequent = false }: AuditEntry,
  ): Promise<void> {
    await em.execute(
      'insert into accounts_audit (id, action, actor, user_id, instance_id, data, frequent, at) values (?, ?, ?, ?, ?, ?::jsonb, ?, now())',
      [
        newId(),
        action,
        actor.slice(0, 320),
        userId,
        instanceId ?? null,
        JSON.stringify(bounded(data)),
        frequent,
      ],
    );
  }

  async list({ userId, instanceId, limit, cursor }: AuditFilter): Promise<Page<AuditView>> {
    const rows = await this.#database.fork().execute<Row[]>(
      `select id, action, actor, user_id, instance_id, data, at, count, until from accounts_audit
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

function view({ id, action, actor, user_id, instance_id, data, at, count, until }: Row): AuditView {
  return {
    id,
    action,
    actor,
    userId: user_id,
    instanceId: instance_id,
    data,
    at: new Date(at).toISOString(),
    count,
    until: until === null ? null : new Date(until).toISOString(),
  };
}

const maxBytes = 4096;
const maxText = 500;
const maxItems = 20;

/** A customer chooses paths and names: no row is larger than its table is meant for. */
export function bounded(
  data: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (JSON.stringify(data).length <= maxBytes) return data;
  const short = Object.fromEntries(
    Object.entries(data)
      .slice(0, maxItems)
      .map(([key, value]) => [key.slice(0, maxText), shortened(value)]),
  );
  return JSON.stringify(short).length <= 4 * maxBytes ? { ...short, cut: true } : { cut: true };
}

function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, maxText).toWellFormed();
  if (Array.isArray(value)) return value.slice(0, maxItems).map(shortened);
  return typeof value === 'object' && value !== null ? '…' : value;
}
