/**
 * This process among those that work on operations. It holds a session-level advisory lock under a number of its own, which
 * PostgreSQL lets go of when the process dies, and a lease beside it, which ends when the process stands still: frozen, or
 * cut off. Guarantees: a process whose lease is over has no connection and no lock left when another one takes over.
 */
import { randomInt } from 'node:crypto';
import { BeatWatch, type Beat, type Logger, type MonotonicClock } from '@zlh/kernel';
import { advisoryLocks, type Database } from '@zlh/database';
import type { Client } from 'pg';
import { wakeChannel } from './publish.ts';

export interface MembershipDeps {
  readonly clock: MonotonicClock;
  readonly database: Database;
  readonly log: Logger;
  readonly config: { readonly leaseSeconds: number };
}

interface Told {
  /** Another process wants workers to look; the payload is an operation, or empty. */
  woken(payload: string): void;
  /** Others take the operations over. */
  lost(): void;
}

/** First half of the advisory lock's key: "a worker of operations". */
export const workerClass = advisoryLocks.operationWorkers;
/** Beats per lease: two may come late. */
const beatsPerLease = 3;

export class Membership {
  readonly #deps: MembershipDeps;
  readonly #told: Told;
  readonly #leaseMs: number;
  readonly #watch: BeatWatch<number>;
  #client: Client | undefined;
  #number = 0;
  #renewedAt = 0;
  #renewing: Promise<void> | undefined;

  constructor(deps: MembershipDeps, told: Told) {
    this.#deps = deps;
    this.#told = told;
    this.#leaseMs = deps.config.leaseSeconds * 1000;
    this.#watch = new BeatWatch(deps.clock, this.#leaseMs);
  }

  get isMember(): boolean {
    return this.#client !== undefined;
  }

  /** Under which operations are claimed. Another one after each loss. */
  get number(): number {
    return this.#number;
  }

  async join(): Promise<void> {
    const { clock, database } = this.#deps;
    const client = await database.connect('operations');
    const number = randomInt(1, 2 ** 31 - 1);
    const joinedAt = clock.now();
    client.on('error', () => this.#lose(client, 'its connection broke'));
    client.on('end', () => this.#lose(client, 'its connection ended'));
    client.on('notification', ({ payload }) => this.#told.woken(payload ?? ''));
    try {
      await client.query('select pg_advisory_lock($1, $2)', [workerClass, number]);
      await client.query(
        `insert into operations_worker (number, session)
         values ($1, split_part(current_setting('application_name'), ' ', 2))`,
        [number],
      );
      await client.query(`listen ${wakeChannel}`);
    } catch (error) {
      await client.end();
      throw error;
    }
    this.#client = client;
    this.#number = number;
    this.#renewedAt = joinedAt;
  }

  async leave(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await this.#renewing;
    if (client === undefined) return;
    try {
      await client.query('delete from operations_worker where number = $1', [this.#number]);
    } catch (error) {
      // The others remove it when its lock is gone.
      this.#deps.log.debug({ err: error }, 'the worker could not sign off');
    }
    await client.end();
  }

  /** To be called a few times a second: renews the lease, or notices that it is over. */
  keepUp(): void {
    const client = this.#client;
    if (client === undefined) return;
    const sinceMs = this.#deps.clock.now() - this.#renewedAt;
    if (sinceMs > this.#leaseMs) return this.#lose(client, 'its lease is over');
    if (sinceMs < this.#leaseMs / beatsPerLease) return;
    this.#renewing ??= this.#renew(client).finally(() => (this.#renewing = undefined));
  }

  async #renew(client: Client): Promise<void> {
    const askedAt = this.#deps.clock.now();
    try {
      const { rowCount } = await client.query(
        'update operations_worker set beat = beat + 1 where number = $1 and not expelled',
        [this.#number],
      );
      if (rowCount === 0) this.#lose(client, 'another process has expelled it');
      else this.#renewedAt = askedAt;
    } catch {
      // The connection's own event, or the end of the lease, says so.
    }
  }

  /** Let go of everything, and come back under a new number. */
  #lose(client: Client, why: string): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#deps.log.warn(
      { why },
      'this worker is none any more; its operations are left to others until it is back',
    );
    client.end().catch(() => undefined); // it is broken, or hangs: nobody waits for it
    this.#told.lost();
  }

  /** Expels those that stand still. */
  async expelFrozen(): Promise<void> {
    const em = this.#deps.database.fork();
    const workers = await em.execute<Beat<number>[]>(
      'select number as key, beat::text from operations_worker where not expelled and number <> ?',
      [this.#number],
    );
    for (const worker of this.#watch.look(workers)) await this.#expel(worker);
    await em.execute(
      `delete from operations_worker where number <> ? and not exists (${lockOf('number')})`,
      [this.#number],
    );
  }

  /** Its connections are ended with it: what it had locked would keep everybody waiting. */
  async #expel({ key: number, beat }: Beat<number>): Promise<void> {
    const em = this.#deps.database.fork();
    const rows = await em.execute<{ session: string }[]>(
      'update operations_worker set expelled = true where number = ? and beat = ? and not expelled returning session',
      [number, beat],
    );
    for (const { session } of rows) {
      this.#deps.log.warn(
        { worker: number },
        'a worker stands still: its operations are taken over',
      );
      await em.execute(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name like ?`,
        [`zlh ${session} %`],
      );
    }
  }
}

/** A query that finds the lock of the worker whose number stands in the column. */
export const lockOf = (column: string): string =>
  `select from pg_locks where locktype = 'advisory' and granted and classid = ${workerClass} and objid = ${column}
     and objsubid = 2 and database = (select oid from pg_database where datname = current_database())`;
