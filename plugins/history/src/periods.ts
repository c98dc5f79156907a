/**
 * In which state an instance was from when to when, as the platform saw it. One period of each instance is open. All
 * times are the database's, so that several processes of the platform write one story. Time in which no process of the
 * platform was running is a period of its own, and it lasts until the agent is heard again: nobody knows what was then.
 */
import type { AgentStatus } from '@zlh/agent';
import type { Database, EntityManager } from '@zlh/database';
import type { Logger } from '@zlh/kernel';
import type { PeriodState, UptimeView } from './index.ts';

interface Ground {
  readonly database: Database;
  readonly log: Logger;
}

const beatMs = 10_000;
/** A gap between two beats that is longer than this was a time without any platform. */
const gapSeconds = 60;
const mostPerInstance = 5000;
const mostShown = 1000;

const stateOf: Readonly<Record<AgentStatus['state'], PeriodState>> = {
  provisioning: 'stopped',
  installing: 'stopped',
  stopped: 'stopped',
  starting: 'running',
  running: 'running',
  stopping: 'running',
  crashed: 'crashed',
  error: 'crashed',
};

export class Periods {
  readonly #ground: Ground;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  /** Whose last period is open and unobserved: the first word of their agents ends it, news or not. */
  readonly #unheard = new Set<string>();
  readonly #entering = new Set<Promise<void>>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Notes the time in which nobody watched, and watches from now on. Answers which instances nobody watched. */
  async begin(): Promise<readonly string[]> {
    const unwatched = await this.#ground.database.transaction((em) => this.#openGap(em));
    const open = await this.#ground.database
      .fork()
      .execute<{ instance_id: string }[]>(
        `select instance_id from history_period where to_at is null and state = 'unobserved'`,
      );
    for (const { instance_id: id } of open) this.#unheard.add(id);
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat().finally(() => (this.#beating = undefined));
    }, beatMs);
    return unwatched;
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    await Promise.all(this.#entering);
    if (this.#timer !== undefined) await this.#beat();
  }

  /** Of every report. What is no news to the platform may be all that is known of the time since it came back. */
  heard(instanceId: string, status: AgentStatus): void {
    if (!this.#unheard.delete(instanceId)) return;
    const entering = this.#ground.database
      .transaction(async (em) => {
        const [open] = await em.execute<{ state: PeriodState }[]>(
          'select state from history_period where instance_id = ? and to_at is null for update',
          [instanceId],
        );
        if (open?.state === 'unobserved') await this.reported(em, instanceId, status);
      })
      .catch((error: unknown) => {
        this.#unheard.add(instanceId);
        this.#ground.log.warn({ err: error, instanceId }, 'a state could not be noted');
      })
      .finally(() => this.#entering.delete(entering));
    this.#entering.add(entering);
  }

  /** Answers the state before; null when this is the first that is heard. */
  async reported(
    em: EntityManager,
    instanceId: string,
    { state, ready }: AgentStatus,
  ): Promise<PeriodState | null> {
    return this.enter(em, instanceId, ready && state === 'running' ? 'ready' : stateOf[state]);
  }

  async enter(
    em: EntityManager,
    instanceId: string,
    state: PeriodState,
  ): Promise<PeriodState | null> {
    const [open] = await em.execute<{ state: PeriodState }[]>(
      'select state from history_period where instance_id = ? and to_at is null for update',
      [instanceId],
    );
    if (open?.state === state) return state;
    await em.execute(
      `update history_period set to_at = greatest(clock_timestamp(), from_at + interval '1 microsecond')
       where instance_id = ? and to_at is null`,
      [instanceId],
    );
    await em.execute(
      `insert into history_period (instance_id, from_at, state)
       select ?, coalesce((select max(to_at) from history_period where instance_id = ?), clock_timestamp()), ?`,
      [instanceId, instanceId, state],
    );
    await em.execute(
      `delete from history_period where instance_id = ? and from_at <= (
         select from_at from history_period where instance_id = ? order by from_at desc offset ? limit 1)`,
      [instanceId, instanceId, mostPerInstance],
    );
    return open?.state ?? null;
  }

  async uptime(instanceId: string, from: Date, to: Date): Promise<UptimeView> {
    const em = this.#ground.database.fork();
    const sums = await em.execute<{ state: PeriodState; seconds: number }[]>(
      `select state, sum(extract(epoch from least(coalesce(to_at, now()), ?) - greatest(from_at, ?)))::float as seconds
       from history_period where instance_id = ? and from_at < ? and coalesce(to_at, now()) > ? group by state`,
      [to, from, instanceId, to, from],
    );
    const periods = await em.execute<
      { state: PeriodState; from_at: string; to_at: string | null }[]
    >(
      `select state, from_at, to_at from history_period
       where instance_id = ? and from_at < ? and coalesce(to_at, now()) > ? order by from_at desc limit ?`,
      [instanceId, to, from, mostShown],
    );
    const seconds = { ready: 0, running: 0, stopped: 0, crashed: 0, unreachable: 0, unobserved: 0 };
    for (const sum of sums) seconds[sum.state] = Math.max(0, sum.seconds);
    const observed = Object.values(seconds).reduce((all, each) => all + each) - seconds.unobserved;
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      readyShare: observed > 0 ? Math.min(1, seconds.ready / observed) : null,
      seconds,
      periods: periods.toReversed().map((period) => ({
        state: period.state,
        from: new Date(period.from_at).toISOString(),
        to: period.to_at === null ? null : new Date(period.to_at).toISOString(),
      })),
    };
  }

  async #beat(): Promise<void> {
    try {
      await this.#ground.database
        .fork()
        .execute(`update history_watch set seen_at = clock_timestamp() where id = 'platform'`);
    } catch (error) {
      this.#ground.log.warn({ err: error }, 'that somebody watches could not be noted');
    }
  }

  /** By whoever starts first after a time without any platform; the others find the beat fresh. */
  async #openGap(em: EntityManager): Promise<readonly string[]> {
    await em.execute(
      `insert into history_watch (id, seen_at) values ('platform', clock_timestamp()) on conflict do nothing`,
    );
    const [gap] = await em.execute<{ seen_at: string }[]>(
      `with before as (select seen_at from history_watch where id = 'platform' for update),
            beat as (update history_watch set seen_at = clock_timestamp() from before where id = 'platform' returning history_watch.seen_at as now)
       select before.seen_at::text from before, beat
       where beat.now > before.seen_at + make_interval(secs => ?)`,
      [gapSeconds],
    );
    if (gap === undefined) return [];
    const unwatched = await em.execute<{ instance_id: string }[]>(
      `with ended as (
         update history_period set to_at = ?::timestamptz
         where to_at is null and from_at < ?::timestamptz and state <> 'unobserved' returning instance_id)
       insert into history_period (instance_id, from_at, to_at, state)
       select instance_id, ?::timestamptz, null, 'unobserved' from ended returning instance_id`,
      [gap.seen_at, gap.seen_at, gap.seen_at],
    );
    return unwatched.map(({ instance_id: id }) => id);
  }
}
