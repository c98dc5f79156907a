/**
 * The `Events` service. An event is a row written in the transaction it tells of, and a NOTIFY with its id that
 * PostgreSQL delivers to every process when that transaction commits, in the order of commits. The rows carry over
 * a broken connection: what was missed is read when it is back.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Contribution, Logger } from '@zlh/kernel';
import type { Database, EntityManager } from '@zlh/database';
import type { Client } from 'pg';
import type { DomainEvent, Events, Listener, NewEvent } from './index.ts';

interface Ground {
  readonly database: Database;
  readonly listeners: readonly Contribution<Listener>[];
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface Row {
  readonly id: string;
  readonly type: string;
  readonly at: Date;
  readonly user_id: string | null;
  readonly instance_id: string | null;
  readonly data: Record<string, unknown>;
  readonly horizon: string;
}

/** Who reads: their own events, and those of instances shared with them. */
export interface Reader {
  readonly userId: string;
  readonly shared: ReadonlySet<string>;
}

const channel = 'zlh_events';
/** Ids that were told already, the latest last. */
const remembered = 20_000;
const readAtOnce = 500;
const keptMinutes = 60;
const retryMs = 1000;
const columns = 'id::text, type, at, user_id, instance_id, data, horizon::text';

export class Outbox implements Events {
  readonly #ground: Ground;
  readonly #subscribers = new Set<Listener>();
  readonly #told = new Set<string>();
  /**
   * Every transaction with a lower number was over when the last event was told, and its events were told too. Ids alone
   * would not do: a transaction may take its id first and commit last.
   */
  #horizon = '0';
  #client: Client | undefined;
  /** Ids that were heard of and not told yet. */
  #pending: string[] = [];
  /** While what was missed is looked for, what is heard waits. */
  #held = true;
  #reading: Promise<void> | undefined;
  #returning: Promise<void> | undefined;
  #upkeep: NodeJS.Timeout | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async publish(em: EntityManager, event: NewEvent): Promise<void> {
    await em.execute(
      `with event as (insert into events_event (type, user_id, instance_id, data) values (?, ?, ?, ?::jsonb) returning id)
       select pg_notify('${channel}', id::text) from event`,
      [event.type, event.userId, event.instanceId ?? null, JSON.stringify(event.data)],
    );
  }

  subscribe(listener: Listener): () => void {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }

  next(wanted: (event: DomainEvent) => boolean, signal: AbortSignal): Promise<DomainEvent> {
    return new Promise((resolve, reject) => {
      const stop = this.subscribe((event) => {
        if (!wanted(event)) return;
        end();
        resolve(event);
      });
      const aborted = () => {
        end();
        reject(signal.reason as Error);
      };
      const end = () => {
        stop();
        signal.removeEventListener('abort', aborted);
      };
      if (signal.aborted) aborted();
      else signal.addEventListener('abort', aborted, { once: true });
    });
  }

  /**
   * What `reader` may see (null: all) and was committed after the event `id` was told; null when that is no longer known or
   * more than `limit`. What was committed at the same moment may be among it once more.
   */
  async since(id: string, reader: Reader | null, limit: number): Promise<DomainEvent[] | null> {
    const em = this.#ground.database.fork();
    const [last] = await em.execute<{ horizon: string }[]>(
      'select horizon::text from events_event where id = ?',
      [id],
    );
    if (last === undefined) return null;
    const own =
      reader === null
        ? ''
        : 'and user_id is not null and (user_id = ? or instance_id = any(?::uuid[]))';
    const rows = await em.execute<Row[]>(
      `select ${columns} from events_event where (id > ? or xact >= ?) and id <> ? ${own} order by id limit ?`,
      [
        id,
        last.horizon,
        id,
        ...(reader === null ? [] : [reader.userId, `{${[...reader.shared].join(',')}}`]),
        limit + 1,
      ],
    );
    return rows.length > limit ? null : rows.map(view);
  }

  async open(): Promise<void> {
    await this.#listen();
    // What is there already is not told to anybody.
    const em = this.#ground.database.fork();
    const [now] = await em.execute<{ horizon: string }[]>(
      'select pg_snapshot_xmin(pg_current_snapshot())::text as horizon',
    );
    this.#horizon = now!.horizon;
    for (const id of await this.#newSince(this.#horizon)) this.#told.add(id);
    this.#goOn([]);
    this.#upkeep = setInterval(() => void this.#prune(), 5 * 60_000);
    this.#upkeep.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#upkeep);
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
    await this.#returning;
    await this.#reading;
  }

  async #listen(): Promise<void> {
    const { database, signal } = this.#ground;
    const client = await database.connect('events');
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ payload }) => {
      this.#pending.push(payload!);
      this.#read();
    });
    try {
      await client.query(`listen ${channel}`);
      signal.throwIfAborted();
      this.#client = client;
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#held = true;
    this.#ground.log.warn('the connection for events broke; trying again');
    this.#returning = this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    for (let pauseMs = 100; ; pauseMs = retryMs) {
      try {
        await wait(pauseMs, undefined, { signal: this.#ground.signal });
        if (this.#client === undefined) await this.#listen();
        return this.#goOn(await this.#newSince(this.#horizon));
      } catch {
        if (this.#ground.signal.aborted) return; // otherwise the database is still away
      }
    }
  }

  /** Ids of events whose transactions were not over at the horizon. */
  async #newSince(horizon: string): Promise<string[]> {
    const rows = await this.#ground.database
      .fork()
      .execute<{ id: string }[]>('select id::text from events_event where xact >= ? order by id', [
        horizon,
      ]);
    return rows.map(({ id }) => id);
  }

  /** What was missed comes before what was heard since. */
  #goOn(missed: readonly string[]): void {
    this.#pending = [...missed, ...this.#pending];
    this.#held = false;
    this.#read();
  }

  #read(): void {
    if (!this.#held) this.#reading ??= this.#tell().finally(() => (this.#reading = undefined));
  }

  async #tell(): Promise<void> {
    const { database, log, signal } = this.#ground;
    while (this.#pending.length > 0 && !this.#held) {
      const ids = this.#pending.splice(0, readAtOnce);
      try {
        const rows = await database
          .fork()
          .execute<Row[]>(`select ${columns} from events_event where id = any(?::bigint[])`, [
            `{${ids.join(',')}}`,
          ]);
        const byId = new Map(rows.map((row) => [row.id, row]));
        for (const id of ids) if (byId.has(id)) this.#emit(byId.get(id)!);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error }, 'events could not be read; trying again');
        this.#pending = [...ids, ...this.#pending];
        await wait(retryMs, undefined, { signal }).catch(() => undefined); // stopping: the loop ends above
      }
    }
  }

  #emit(row: Row): void {
    if (this.#told.has(row.id)) return;
    this.#told.add(row.id);
    this.#horizon = row.horizon;
    if (this.#told.size > remembered) this.#told.delete(this.#told.values().next().value!);
    const event = view(row);
    for (const listener of [
      ...this.#ground.listeners.map(({ value }) => value),
      ...this.#subscribers,
    ]) {
      try {
        listener(event);
      } catch (error) {
        this.#ground.log.error({ err: error, type: event.type }, 'a listener failed');
      }
    }
  }

  async #prune(): Promise<void> {
    try {
      await this.#ground.database
        .fork()
        .execute(`delete from events_event where at < now() - interval '${keptMinutes} minutes'`);
    } catch (error) {
      this.#ground.log.warn(
        { err: error },
        'old events could not be removed; next try in five minutes',
      );
    }
  }
}

function view(row: Row): DomainEvent {
  return {
    id: row.id,
    type: row.type,
    at: new Date(row.at).toISOString(),
    userId: row.user_id,
    instanceId: row.instance_id,
    data: row.data,
  };
}
