/**
 * The crashes of instances: the last thousand of each. A report tells of the last one at once; the agent's own record,
 * with the last lines and with those that no report told of, is fetched afterwards, and again until it could be had.
 */
import { CrashPage, type AgentStatus, type CrashRecord } from '@zlh/agent';
import type { Agents } from '@zlh/agents';
import { newId, type Database, type EntityManager } from '@zlh/database';
import { decodeCursor, encodeCursor, Problem, type Page } from '@zlh/http';
import type { Instances } from '@zlh/instances';
import type { Logger } from '@zlh/kernel';
import type { CrashView } from './index.ts';
import { fit, plausible } from './text.ts';

interface Ground {
  readonly database: Database;
  readonly instances: Instances;
  readonly agents: Agents;
  readonly log: Logger;
}

interface Row {
  readonly id: string;
  readonly at: string;
  readonly record: CrashRecord;
  readonly complete: boolean;
}

const mostPerInstance = 1000;
const lookEveryMs = 5000;
const mostAtOnce = 20;
/** Of which so many fit into the largest answer that is read of an agent. */
const perPage = 50;
const mostPages = mostPerInstance / perPage;
const tryAgainMs = 60_000;

export class Crashes {
  readonly #ground: Ground;
  /** Instances whose agent is to be asked, and not before when. */
  readonly #wanted = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  begin(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look()
        .catch((error: unknown) =>
          this.#ground.log.warn({ err: error }, 'crashes could not be looked through'),
        )
        .finally(() => (this.#looking = undefined));
    }, lookEveryMs);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** There may have been some that nobody heard of. */
  want(instanceId: string): void {
    this.#wanted.set(instanceId, 0);
  }

  /** What a report tells. `missed`: there may have been others that nobody heard of. */
  async note(
    em: EntityManager,
    instanceId: string,
    crash: AgentStatus['crash'],
    missed: boolean,
  ): Promise<void> {
    if (missed) this.want(instanceId);
    if (crash === null) return;
    const id = crash.id ?? crash.at;
    const unknown = {
      runId: null,
      startedAt: null,
      uptimeMs: null,
      wasReady: false,
      lastLines: [],
    };
    const fresh = await keep(em, instanceId, [fit({ ...crash, ...unknown, id })], false);
    if (fresh > 0) this.want(instanceId);
  }

  /** Newest first. */
  async list(
    instanceId: string,
    { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<CrashView>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    const rows = await this.#ground.database.fork().execute<Row[]>(
      `select id, at, record, complete from history_crash
       where instance_id = ? and (?::uuid is null or (date_trunc('milliseconds', at), id) < (?, ?))
       order by date_trunc('milliseconds', at) desc, id desc limit ?`,
      [instanceId, after?.id ?? null, after?.createdAt ?? null, after?.id ?? null, limit + 1],
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(({ record, complete }) => ({ ...record, complete })),
      nextCursor:
        rows.length > limit && last !== undefined
          ? encodeCursor({ createdAt: new Date(last.at), id: last.id })
          : null,
    };
  }

  async #look(): Promise<void> {
    const incomplete = await this.#ground.database
      .fork()
      .execute<{ instance_id: string }[]>(
        'select distinct instance_id from history_crash where not complete limit 200',
      );
    for (const { instance_id: id } of incomplete)
      if (!this.#wanted.has(id)) this.#wanted.set(id, 0);
    const now = performance.now();
    const due = [...this.#wanted].filter(([, notBefore]) => notBefore <= now).slice(0, mostAtOnce);
    await Promise.all(due.map(([id]) => this.#fetch(id)));
  }

  async #fetch(instanceId: string): Promise<void> {
    const { database, instances, agents, log } = this.#ground;
    this.#wanted.delete(instanceId);
    try {
      const target = await instances.findAgentTarget(database.fork(), instanceId);
      if (target === null) return;
      // One that is told of while the agent is asked may be younger than its answer: it is asked about again.
      const asked = await this.#incomplete(instanceId);
      let cursor: string | null = null;
      for (let pages = 0; pages === 0 || (cursor !== null && pages < mostPages); pages++) {
        const query = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: CrashPage = await agents.request(target, {
          method: 'GET',
          path: `/crashes?limit=${perPage}${query}`,
          schema: CrashPage,
        });
        const fresh = await database.transaction((em) =>
          keep(em, instanceId, page.items.slice(0, perPage).map(fit), true),
        );
        // Older ones are known already where this page had nothing new.
        cursor = fresh === 0 ? null : page.nextCursor;
      }
      // What the agent has forgotten will never be complete.
      await this.#settle(asked);
    } catch (error) {
      if (error instanceof Problem && error.status === 404)
        return this.#settle(await this.#incomplete(instanceId));
      log.debug({ err: error, instanceId }, 'the crashes of an agent could not be read');
      this.#wanted.set(instanceId, performance.now() + tryAgainMs);
    }
  }

  async #incomplete(instanceId: string): Promise<readonly string[]> {
    const rows = await this.#ground.database
      .fork()
      .execute<{ id: string }[]>(
        'select id from history_crash where instance_id = ? and not complete',
        [instanceId],
      );
    return rows.map(({ id }) => id);
  }

  async #settle(ids: readonly string[]): Promise<void> {
    await this.#ground.database
      .fork()
      .execute('update history_crash set complete = true where id = any(?::uuid[])', [
        `{${ids.join(',')}}`,
      ]);
  }
}

/** Answers how many of them were not known, or not complete. */
async function keep(
  em: EntityManager,
  instanceId: string,
  records: readonly CrashRecord[],
  complete: boolean,
): Promise<number> {
  if (records.length === 0) return 0;
  const rows = records.map((record) => ({
    id: newId(),
    crash_id: record.id.slice(0, 64),
    at: plausible(record.at),
    record,
  }));
  const unique = [...new Map(rows.map((row) => [row.crash_id, row])).values()];
  const changed = await em.execute<unknown[]>(
    `insert into history_crash as known (id, instance_id, crash_id, at, record, complete)
     select id, ?, crash_id, at, record, ?
     from jsonb_to_recordset(?::jsonb) as given(id uuid, crash_id text, at timestamptz, record jsonb)
     on conflict (instance_id, crash_id) do update set record = excluded.record, complete = true
       where not known.complete and excluded.complete
     returning id`,
    [instanceId, complete, JSON.stringify(unique)],
  );
  if (changed.length > 0)
    await em.execute(
      `delete from history_crash where id in (
         select id from history_crash where instance_id = ? order by at desc, id desc offset ?)`,
      [instanceId, mostPerInstance],
    );
  return changed.length;
}
