/**
 * The `Events` service. An event is a row written in the transaction it tells of, and a NOTIFY with its id that
 * PostgreSQL delivers to every process when that transaction commits, in the order of commits. The rows carry over
 * a broken connection: what was missed is read when it is back.
 */
import { CodedError, type Contribution, type Logger } from '@zlh/kernel';
import type { Database, EntityManager } from '@zlh/database';
import type { Client } from 'pg';
import type { DomainEvent, Events, Listener, NewEvent } from './index.ts';

interface Ground {
  readonly database: Database;
  readonly listeners: readonly Contribution<Listener>[];
  readonly log: Logger;
}

interface Row {
  readonly id: string;
  readonly type: string;
  readonly at: Date;
  readonly user_id: string | null;
  readonly instance_id: string | null;
  readonly data: Record<string, unknown>;
}

const channel = 'zlh_events';
/** Ids that were told already; commits can come out of the order of ids, so a mark alone would lose some. */
const remembered = 20_000;
const keptMinutes = 60;
const columns = 'id::text, type, at, user_id, instance_id, data';

export class Outbox implements Events {
  readonly #ground: Ground;
  readonly #subscribers = new Set<Listener>();
  readonly #told = new Set<string>();
  #client: Client | undefined;
  #pending: string[] = [];
  #reading: Promise<void> | undefined;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;
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

  /** Events after `id` that `userId` may see (null: all), oldest first; null when they are no longer all there. */
  async since(id: string, userId: string | null, limit: number): Promise<DomainEvent[] | null> {
    const em = this.#ground.database.fork();
    const [first] = await em.execute<{ known: boolean }[]>(
      'select exists (select from events_event where id = ?) as known',
      [id],
    );
    if (first?.known !== true) return null;
    const own = userId === null ? '' : 'and user_id = ?';
    const rows = await em.execute<Row[]>(
      `select ${columns} from events_event where id > ? ${own} order by id limit ?`,
      [id, ...(userId === null ? [] : [userId]), limit + 1],
    );
    return rows.length > limit ? null : rows.map(view);
  }

  async open(): Promise<void> {
    await this.#listen();
    this.#upkeep = setInterval(() => void this.#prune(), 5 * 60_000);
    this.#upkeep.unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#upkeep);
    await this.#client?.end();
    await this.#reading;
  }

  async #listen(): Promise<void> {
    const client = await this.#ground.database.connect('events');
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ payload }) => {
      this.#pending.push(payload!);
      this.#reading ??= this.#tell().finally(() => (this.#reading = undefined));
    });
    await client.query(`listen ${channel}`);
    this.#client = client;
  }

  #lost(client: Client): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    this.#ground.log.warn('the connection for events broke; trying again');
    const again = async () => {
      try {
        await this.#listen();
        await this.#catchUp();
      } catch {
        if (!this.#closed) this.#retry = setTimeout(() => void again(), 1000); // the database is still away
      }
    };
    this.#retry = setTimeout(() => void again(), 100);
  }

  async #catchUp(): Promise<void> {
    const last = [...this.#told].reduce((max, id) => (BigInt(id) > max ? BigInt(id) : max), 0n);
    if (last === 0n) return;
    // A little before the last one too: a transaction that took its id earlier may have committed later.
    const rows = await this.#ground.database
      .fork()
      .execute<Row[]>(`select ${columns} from events_event where id > ? order by id`, [
        String(last - 1000n),
      ]);
    for (const row of rows) this.#emit(view(row));
  }

  async #tell(): Promise<void> {
    while (this.#pending.length > 0) {
      const ids = this.#pending.splice(0, 500);
      try {
        const rows = await this.#ground.database
          .fork()
          .execute<Row[]>(`select ${columns} from events_event where id = any(?::bigint[])`, [
            `{${ids.join(',')}}`,
          ]);
        const byId = new Map(rows.map((row) => [row.id, row]));
        for (const id of ids) if (byId.has(id)) this.#emit(view(byId.get(id)!));
      } catch (error) {
        if (this.#closed) return;
        this.#ground.log.warn(
          { err: error },
          'events could not be read; they are told when the connection is back',
        );
      }
    }
  }

  #emit(event: DomainEvent): void {
    if (this.#told.has(event.id)) return;
    this.#told.add(event.id);
    if (this.#told.size > remembered) this.#told.delete(this.#told.values().next().value!);
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
        { err: error, code: error instanceof CodedError ? error.code : undefined },
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
