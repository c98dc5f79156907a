/**
 * Keeps the audit trail small. Guarantees: beyond the first entries of each ten minutes, frequent ones of one
 * actor, action and instance are one entry with a count. The oldest entries go when their days are over, or
 * the trail is larger than it may be.
 */
import { advisoryLocks, newId, type Database, type EntityManager } from '@zlh/database';
import type { Logger } from '@zlh/kernel';
import type { Settings } from './settings.ts';

interface Deps {
  readonly config: Pick<Settings, 'auditDays' | 'auditMaxMiB'>;
  readonly log: Logger;
  readonly database: Database;
}

const lock = advisoryLocks.auditUpkeep;
const everyMs = 60_000;
const windowSeconds = 600;
/** So many of each window stay as they are. */
const listed = 20;
/** Entries younger than this are summed, and not counted yet: two windows and a transaction that was long. */
const settledMs = 25 * 60_000;
/** Of the row in its table and in the indexes, besides its values. */
const rowOverhead = 150;
const deletedAtOnce = 5000;
/** In one transaction; the rest is for the next minute. */
const maxDeletions = 100;
const day = 86_400_000;
const nobody = '00000000-0000-0000-0000-000000000000';

export class AuditUpkeep {
  readonly #deps: Deps;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #saidFull = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  begin(): void {
    this.#timer = setInterval(() => {
      this.#running = this.run();
    }, everyMs).unref();
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** One process at a time. `now` in milliseconds, by which ids are made. */
  async run(now = Date.now()): Promise<void> {
    const { database, config, log } = this.#deps;
    try {
      await database.transaction(async (em) => {
        const [row] = await em.execute<{ mine: boolean }[]>(
          `select pg_try_advisory_xact_lock(${lock}) as mine`,
        );
        if (row?.mine !== true) return;
        await sum(em, idAt(now - settledMs));
        await this.#limit(em, now);
      });
    } catch (error) {
      log.warn(
        { err: error, auditDays: config.auditDays },
        'the audit trail could not be tidied up; it is tried again in a minute',
      );
    }
  }

  async #limit(em: EntityManager, now: number): Promise<void> {
    const { config, log } = this.#deps;
    const most = config.auditMaxMiB * 2 ** 20;
    let bytes = await count(em, idAt(now - settledMs));
    bytes -= await deleteBefore(em, idAt(now - config.auditDays * day));
    const full = bytes > most;
    // Some room, so that the next entry does not make it too large again.
    const aim = full ? 0.95 * most : Infinity;
    for (let i = 0; bytes > aim && i < maxDeletions; i++) {
      const gone = await deleteOldest(em, bytes - aim);
      if (gone === 0) break;
      bytes -= gone;
    }
    if (full && !this.#saidFull)
      log.warn(
        { auditMaxMiB: config.auditMaxMiB },
        'the audit trail has reached its size: the oldest entries go before their days are over; raise auditMaxMiB to keep them',
      );
    this.#saidFull ||= full;
    await em.execute(`update accounts_audit_size set bytes = ? where id = 'trail'`, [
      Math.max(0, bytes),
    ]);
  }
}

/** The smallest id of that moment. */
const idAt = (ms: number) => `${newId(Math.max(0, ms)).slice(0, 13)}-0000-0000-000000000000`;

/** Entries that are one already are summed with those that came since. */
async function sum(em: EntityManager, from: string): Promise<void> {
  await em.execute(
    `with ranked as (
       select id, count, coalesce(until, at) as until, data, dense_rank() over (order by ${kind}) as kind,
         row_number() over (partition by ${kind} order by id) as place
       from accounts_audit where frequent and id >= ?),
     sums as (
       select kind, (array_agg(id order by id))[1] as id, sum(count)::int as count, max(until) as until,
         (array_agg(data order by id desc))[1] as data
       from ranked where place > ${listed} group by kind having count(*) > 1),
     gone as (
       delete from accounts_audit using ranked, sums
       where place > ${listed} and ranked.kind = sums.kind and accounts_audit.id = ranked.id and ranked.id <> sums.id)
     update accounts_audit set count = sums.count, until = sums.until, data = sums.data from sums
     where accounts_audit.id = sums.id`,
    [from],
  );
}

const kind = `action, actor, user_id, instance_id, floor(extract(epoch from at) / ${windowSeconds})`;
const size = `pg_column_size(accounts_audit.*) + ${rowOverhead}`;

/** Adds what has come since the last time, and answers the size of all. */
async function count(em: EntityManager, to: string): Promise<number> {
  await em.execute(
    `insert into accounts_audit_size (id, counted_to, bytes) values ('trail', ?, 0) on conflict do nothing`,
    [nobody],
  );
  const [row] = await em.execute<{ bytes: string }[]>(
    `update accounts_audit_size s set counted_to = greatest(counted_to, ?::uuid), bytes = bytes + (
       select coalesce(sum(${size}), 0) from accounts_audit where id >= s.counted_to and id < ?)
     where id = 'trail' returning bytes::text`,
    [to, to],
  );
  return Number(row!.bytes);
}

const counted = `id < (select counted_to from accounts_audit_size where id = 'trail')`;

/** All that were counted and are older than the id. Answers their size. */
function deleteBefore(em: EntityManager, id: string): Promise<number> {
  return deleteThose(em, `select id from accounts_audit where ${counted} and id < ?`, [id]);
}

/**
 * The oldest that were counted: as many as make up the excess, but only so many at once. Answers their
 * size.
 */
function deleteOldest(em: EntityManager, excess: number): Promise<number> {
  return deleteThose(
    em,
    `select id from (
       select id, sum(bytes) over (order by id) - bytes as before from (
         select id, ${size} as bytes from accounts_audit where ${counted}
         order by id limit ${deletedAtOnce}) oldest) sized
     where before < ?`,
    [excess],
  );
}

async function deleteThose(
  em: EntityManager,
  ids: string,
  values: readonly unknown[],
): Promise<number> {
  const [row] = await em.execute<{ bytes: string }[]>(
    `with gone as (delete from accounts_audit where id in (${ids}) returning ${size} as bytes)
     select coalesce(sum(bytes), 0)::text as bytes from gone`,
    values,
  );
  return Number(row!.bytes);
}
