/**
 * Claims operations and runs them. Each process holds one session-level advisory lock under a number of its own; when
 * it dies, PostgreSQL lets the lock go, and the operations that carry the number are taken over within half a second.
 */
import { randomInt } from 'node:crypto';
import type { Logger } from '@zlh/kernel';
import type { Database } from '@zlh/database';
import type { Events } from '@zlh/events';
import type { Client } from 'pg';
import { wakeChannel, type DurableOperations } from './operations.ts';
import type { OperationMeter } from './operation-metrics.ts';
import { columns, type OperationRecord } from './record.ts';
import { Runner } from './runner.ts';

interface Ground {
  readonly database: Database;
  readonly events: Events;
  readonly operations: DurableOperations;
  readonly meter: OperationMeter;
  readonly log: Logger;
  readonly config: { readonly concurrency: number; readonly keepDays: number };
}

/** First half of the advisory lock's key: "a worker of operations". */
const workerClass = 7_264_120;
const sweepMs = 500;
export class Worker {
  readonly #ground: Ground;
  readonly #running = new Map<string, { runner: Runner; done: Promise<void> }>();
  #client: Client | undefined;
  #number = '0';
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #state: 'idle' | 'open' | 'draining' = 'idle';
  #prunedAt = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async open(): Promise<void> {
    this.#state = 'open';
    await this.#enlist();
    this.#timer = setInterval(() => this.#look(), sweepMs);
    this.#look();
  }

  /** Stops claiming, interrupts what runs and puts it back into the queue. */
  async drain(): Promise<void> {
    this.#state = 'draining';
    clearInterval(this.#timer);
    await this.#looking;
    for (const { runner } of this.#running.values()) runner.interrupt('released');
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  /** Null when the queue is being worked on; otherwise why not. */
  health(): string | null {
    return this.#client === undefined
      ? 'The worker of operations has no connection to the database.'
      : null;
  }

  async #enlist(): Promise<void> {
    const client = await this.#ground.database.connect('operations');
    this.#number = String(randomInt(1, 2 ** 31 - 1));
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ payload }) => void this.#woken(payload ?? ''));
    try {
      await client.query('select pg_advisory_lock($1, $2)', [workerClass, Number(this.#number)]);
      await client.query(`listen ${wakeChannel}`);
    } catch (error) {
      await client.end();
      throw error;
    }
    this.#client = client;
  }

  /** Without the lock others take our operations over: let go of them, and come back under a new number. */
  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#ground.log.warn(
      'the connection that holds the lock of this worker broke; its operations are left to others',
    );
    for (const { runner } of this.#running.values()) runner.interrupt('released');
  }

  #look(): void {
    if (this.#state !== 'open') return;
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.#lookOnce()
      .catch((error: unknown) =>
        this.#ground.log.warn(
          { err: error },
          'the queue of operations cannot be read; trying again',
        ),
      )
      .finally(() => {
        this.#looking = undefined;
        if (!this.#lookAgain) return;
        this.#lookAgain = false;
        this.#look();
      });
  }

  async #lookOnce(): Promise<void> {
    if (this.#client === undefined) await this.#enlist();
    await this.#takeOver();
    while (this.#state === 'open' && this.#running.size < this.#ground.config.concurrency) {
      const record = await this.#claim();
      if (record === undefined) break;
      this.#begin(record);
    }
    await this.#interruptCancelled();
    await this.#prune();
  }

  /** Puts operations back into the queue that nobody runs: their process is dead, or could not record what it did. */
  async #takeOver(): Promise<void> {
    const em = this.#ground.database.fork();
    const rows = await em.execute<{ id: string }[]>(
      `update operations_operation set state = 'queued', worker = null, takeovers = takeovers + 1
       where state = 'running' and ((worker = ? and not id = any(?::uuid[])) or not exists (
         select from pg_locks where locktype = 'advisory' and granted and classid = ${workerClass} and objid = worker
           and objsubid = 2 and database = (select oid from pg_database where datname = current_database())))
       returning id`,
      [this.#number, `{${[...this.#running.keys()].join(',')}}`],
    );
    for (const { id } of rows)
      this.#ground.log.warn(
        { operationId: id },
        'nobody runs this operation any more: taking it over',
      );
  }

  async #claim(): Promise<OperationRecord | undefined> {
    const known = this.#ground.operations.kinds();
    const rows = await this.#ground.database.fork().execute<OperationRecord[]>(
      `update operations_operation set state = 'running', worker = ?
       where id = (select id from operations_operation where state = 'queued' and kind = any(?::text[])
                   order by created_at for update skip locked limit 1)
       returning ${columns}`,
      [this.#number, `{${known.map((kind) => `"${kind}"`).join(',')}}`],
    );
    return rows[0];
  }

  #begin(record: OperationRecord): void {
    const { log, operations } = this.#ground;
    const runner = new Runner(
      { ...this.#ground, log },
      record,
      operations.kind(record.kind)!,
      this.#number,
    );
    const done = runner.run().finally(() => {
      this.#running.delete(record.id);
      this.#look();
    });
    this.#running.set(record.id, { runner, done });
  }

  async #woken(id: string): Promise<void> {
    if (this.#running.has(id)) await this.#interruptCancelled().catch(() => undefined); // the sweep tries again
    else this.#look();
  }

  async #interruptCancelled(): Promise<void> {
    if (this.#running.size === 0) return;
    const rows = await this.#ground.database
      .fork()
      .execute<{ id: string }[]>(
        'select id from operations_operation where cancel_requested and id = any(?::uuid[])',
        [`{${[...this.#running.keys()].join(',')}}`],
      );
    for (const { id } of rows) this.#running.get(id)?.runner.interrupt('cancelled');
  }

  async #prune(): Promise<void> {
    if (Date.now() - this.#prunedAt < 3_600_000) return;
    this.#prunedAt = Date.now();
    await this.#ground.database
      .fork()
      .execute(
        `delete from operations_operation where finished_at < now() - make_interval(days => ?)`,
        [this.#ground.config.keepDays],
      );
  }
}
