/**
 * Runs schedules, in as many processes as there are. A run is claimed by the lock on its row and begun in the same
 * transaction in which the row moves on to the next time: whoever dies in between has done nothing, and the next one
 * who looks does it; once it is committed nobody does it again.
 */
import type { EntityManager } from '@zlh/database';
import { attempt, type Attempt } from './attempt.ts';
import { pauseMs, tryAgainAfterMs, unexpected } from './failing.ts';
import { labelOf, type ClockworkGround } from './ground.ts';
import type { ScheduledRun } from './index.ts';
import { actionOf } from './inputs.ts';
import { columns, readRow, type RawRow, type ScheduleRow } from './schema.ts';
import { nextTime } from './times.ts';
import { minutesUntil, wakeTime } from './waking.ts';

const lookEveryMs = 1000;
/** How long after its time a run may still begin, and how long one that is in the way of another operation is tried. */
const graceMs = 10 * 60_000;
const tryAgainMs = 30_000;
/** Told at once; the next ones wait for the next look. */
const mostTold = 16;

type Warning = () => Promise<void>;

export class Clockwork {
  readonly #ground: ClockworkGround;
  readonly #telling = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopping = false;

  constructor(ground: ClockworkGround) {
    this.#ground = ground;
  }

  begin(): void {
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
    this.#look();
  }

  async end(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all(this.#telling);
  }

  #look(): void {
    this.#looking ??= this.#lookOnce()
      .catch((error: unknown) =>
        this.#ground.log.warn(
          { err: error },
          'schedules could not be looked through; trying again',
        ),
      )
      .finally(() => (this.#looking = undefined));
  }

  async #lookOnce(): Promise<void> {
    await this.#settle();
    while (!this.#stopping && this.#telling.size < mostTold && (await this.#one()));
  }

  /** Does what is due for one schedule; false when there is none. */
  async #one(): Promise<boolean> {
    const { database, log } = this.#ground;
    const now = this.#ground.clock?.() ?? new Date();
    let row: ScheduleRow | undefined;
    let warning: Warning | undefined;
    try {
      await database.transaction(async (em) => {
        const [found] = await em.execute<RawRow[]>(
          `select ${columns} from schedules_schedule where enabled and wake_at <= ?
           order by wake_at for update skip locked limit 1`,
          [now],
        );
        if (found === undefined) return;
        row = readRow(found);
        if (now < row.next_at!) warning = await this.#warn(em, row, now);
        else await this.#run(em, row, now);
      });
    } catch (error) {
      if (row === undefined) throw error;
      // One that cannot be worked on must not keep the others waiting.
      log.error(
        { err: error, scheduleId: row.id, instanceId: row.instance_id },
        'a schedule broke',
      );
      await this.#postpone(row, now);
    }
    if (warning !== undefined) this.#tell(warning);
    return row !== undefined;
  }

  /** It is tried again later, unless somebody else has moved on meanwhile. A warning that broke keeps no run waiting. */
  async #postpone({ id, failures, wake_at, next_at }: ScheduleRow, now: Date): Promise<void> {
    const em = this.#ground.database.fork();
    const untilRun = next_at!.getTime() - now.getTime();
    const later = (ms: number) => new Date(now.getTime() + ms);
    if (untilRun > 0) {
      await em.execute('update schedules_schedule set wake_at = ? where id = ? and wake_at = ?', [
        later(Math.min(tryAgainMs, untilRun)),
        id,
        wake_at,
      ]);
      return;
    }
    await em.execute(
      `update schedules_schedule set wake_at = ?, failures = failures + 1, last_at = ?, last_outcome = 'failed',
           last_operation_id = null, last_error = ?::jsonb where id = ? and wake_at = ?`,
      [later(tryAgainAfterMs(failures)), now, JSON.stringify(unexpected), id, wake_at],
    );
  }

  async #run(em: EntityManager, row: ScheduleRow, now: Date): Promise<void> {
    const due = row.next_at!;
    const late = now.getTime() - due.getTime();
    if (row.tried_since === null && late > graceMs && row.missed === 'skip') {
      const broke = row.failures > 0 && row.last_at !== null && row.last_at >= due;
      if (broke)
        return this.#advance(em, row, now, { at: due, outcome: 'failed', error: unexpected });
      const detail = 'The platform was not running at its time, nor in the ten minutes after it.';
      return this.#advance(em, row, now, {
        at: due,
        outcome: 'missed',
        error: { code: 'schedules.missed', detail },
      });
    }
    if (isGivenUp(row, now))
      return this.#advance(em, row, now, {
        at: row.tried_since!,
        outcome: 'conflict',
        error: row.tried_error ?? conflict,
      });
    const result = await attempt(this.#ground, em, row, now);
    if (result === null) {
      await em.execute('delete from schedules_schedule where id = ?', [row.id]);
      return;
    }
    if (result.outcome === 'conflict') return this.#putOff(em, row, now, result);
    await this.#advance(em, row, now, result);
  }

  async #putOff(em: EntityManager, row: ScheduleRow, now: Date, { error }: Attempt): Promise<void> {
    const since = row.tried_since === null || waited(row, now) > graceMs ? now : row.tried_since;
    await em.execute(
      'update schedules_schedule set tried_since = ?, tried_error = ?::jsonb, wake_at = ? where id = ?',
      [since, JSON.stringify(error), new Date(now.getTime() + tryAgainMs), row.id],
    );
  }

  /** Notes how it went, and what comes next. One that is refused is turned off: it would be refused every time. */
  async #advance(em: EntityManager, row: ScheduleRow, now: Date, result: Attempt): Promise<void> {
    const { at, outcome, operationId = null, error = null } = result;
    const failures = failuresAfter(row, outcome);
    const after = new Date(now.getTime() + pauseMs(failures));
    const next =
      outcome === 'refused' ? null : nextTime({ cron: row.cron, timeZone: row.time_zone }, after);
    const action = actionOf(this.#ground.actions, row.kind);
    await em.execute(
      `update schedules_schedule set enabled = enabled and ?, next_at = ?, wake_at = ?, tried_since = null, tried_error = null,
         last_at = ?, last_outcome = ?, last_operation_id = ?, last_error = ?::jsonb, failures = ? where id = ?`,
      [
        next !== null,
        next,
        next === null ? null : wakeTime(action, row.input, next, now),
        at,
        outcome,
        operationId,
        error === null ? null : JSON.stringify(error),
        failures,
        row.id,
      ],
    );
    await this.#changed(em, row);
    this.#ground.log.info(
      {
        scheduleId: row.id,
        instanceId: row.instance_id,
        ...(operationId === null ? {} : { operationId }),
        outcome,
        ...(error === null ? {} : { error }),
      },
      `the schedule "${row.name}" was due`,
    );
  }

  /** Notes that the warning was given; who gives it does so after that is on disk. */
  async #warn(em: EntityManager, row: ScheduleRow, now: Date): Promise<Warning | undefined> {
    const next = row.next_at!;
    const action = actionOf(this.#ground.actions, row.kind);
    await em.execute('update schedules_schedule set wake_at = ? where id = ?', [
      wakeTime(action, row.input, next, now),
      row.id,
    ]);
    const instance = await this.#ground.instances.findSummary(em, row.instance_id);
    const identity = await this.#ground.accounts.actingFor(row.user_id, labelOf(row));
    if (action?.warnings === undefined || instance === null || identity === null) return undefined;
    const log = this.#ground.log.child({ scheduleId: row.id, instanceId: row.instance_id });
    const run: ScheduledRun<never> = {
      scheduleId: row.id,
      instance,
      identity,
      input: row.input as never,
    };
    return () => action.warnings!.tell(run, minutesUntil(next, now), log);
  }

  #tell(warning: Warning): void {
    const told = warning()
      .catch((error: unknown) =>
        this.#ground.log.info({ err: error }, 'a warning did not reach the game'),
      )
      .finally(() => this.#telling.delete(told));
    this.#telling.add(told);
  }

  /** What became of the operations that runs began. */
  async #settle(): Promise<void> {
    const { database, operations } = this.#ground;
    const rows = await database.fork().execute<Settled[]>(
      `select id, instance_id, last_operation_id from schedules_schedule
       where last_outcome = 'running' order by last_operation_id limit 200`,
    );
    if (rows.length === 0) return;
    await database.transaction(async (em) => {
      const ids = rows.map(({ last_operation_id: id }) => id);
      const found = new Map((await operations.find(em, ids)).map((each) => [each.id, each]));
      for (const row of rows) {
        const operation = found.get(row.last_operation_id);
        const error = operation?.error ?? null;
        if (operation?.state === 'queued' || operation?.state === 'running') continue;
        const changed = await em.execute<unknown[]>(
          `update schedules_schedule set last_outcome = ?, last_error = ?::jsonb
           where id = ? and last_operation_id = ? and last_outcome = 'running' returning id`,
          [
            operation?.state ?? 'cancelled',
            error === null ? null : JSON.stringify(error),
            row.id,
            row.last_operation_id,
          ],
        );
        if (changed.length > 0) await this.#changed(em, row);
      }
    });
  }

  /** Tells everybody concerned that the schedule is no longer as they saw it. */
  async #changed(em: EntityManager, row: Pick<ScheduleRow, 'id' | 'instance_id'>): Promise<void> {
    const { events, instances } = this.#ground;
    const instance = await instances.findSummary(em, row.instance_id);
    if (instance === null) return; // deleted meanwhile
    await events.publish(em, {
      type: 'schedules.changed',
      userId: instance.ownerId,
      instanceId: instance.id,
      data: { id: row.id },
    });
  }
}

const waited = ({ tried_since: since }: ScheduleRow, now: Date) =>
  since === null ? 0 : now.getTime() - since.getTime();

/**
 * Tried long enough. One that was not tried to the end, because the platform was not running, is made up for where that
 * is wanted.
 */
function isGivenUp(row: ScheduleRow, now: Date): boolean {
  if (waited(row, now) <= graceMs) return false;
  const wasAway = now.getTime() - row.wake_at!.getTime() > graceMs;
  return row.missed === 'skip' || !wasAway;
}

/** What says nothing about the schedule itself neither counts nor forgives. */
function failuresAfter({ failures }: ScheduleRow, outcome: Attempt['outcome']): number {
  if (outcome === 'failed') return failures + 1;
  return outcome === 'conflict' || outcome === 'missed' ? failures : 0;
}

/** Of one that was put off before its reason was kept. */
const conflict = {
  code: 'operations.conflict',
  detail: 'Another operation was in its way.',
} as const;

interface Settled {
  readonly id: string;
  readonly instance_id: string;
  readonly last_operation_id: string;
}
