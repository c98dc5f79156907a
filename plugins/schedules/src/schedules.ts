/** What people do with schedules: see, make, change and remove them. Running them is the clockwork's. */
import type { Contribution } from '@zlh/kernel';
import type { Audit } from '@zlh/accounts';
import { advisoryLocks, newId, type Database, type EntityManager } from '@zlh/database';
import { problems, type Identity } from '@zlh/http';
import type { InstanceFacts, Instances } from '@zlh/instances';
import type { Clock, ScheduledAction } from './index.ts';
import { actionOf, readInput } from './inputs.ts';
import { columns, readRow, type RawRow, type ScheduleRow } from './schema.ts';
import { checkTimes, nextTime, nextTimes } from './times.ts';
import type { ChangeSchedule, CreateSchedule, ScheduleView } from './view.ts';
import { wakeTime } from './waking.ts';

interface Ground {
  readonly database: Database;
  readonly instances: Instances;
  readonly audit: Audit;
  readonly actions: readonly Contribution<ScheduledAction>[];
  readonly clock: Clock | undefined;
}

/** Everything a user chooses, complete and checked. */
type Wanted = Pick<
  ScheduleRow,
  'name' | 'enabled' | 'cron' | 'time_zone' | 'kind' | 'input' | 'missed'
>;

const mostPerInstance = 50;
const write = 'schedules.write';

export class Schedules {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Oldest first; there are never more than fifty. */
  async list(instanceId: string, identity: Identity): Promise<{ items: ScheduleView[] }> {
    const em = this.#ground.database.fork();
    await this.#ground.instances.admit(em, instanceId, identity, 'schedules.read');
    const rows = await em.execute<RawRow[]>(
      `select ${columns} from schedules_schedule where instance_id = ? order by created_at, id`,
      [instanceId],
    );
    return { items: rows.map((row) => this.#view(readRow(row))) };
  }

  async create(
    instanceId: string,
    given: CreateSchedule,
    identity: Identity,
  ): Promise<ScheduleView> {
    await this.#checkHere(instanceId, given.action, identity);
    return this.#ground.database.transaction(async (em) => {
      const instance = await this.#ground.instances.admit(em, instanceId, identity, write);
      const wanted = await this.#check(em, instance, identity, {
        name: given.name,
        enabled: given.enabled ?? true,
        cron: given.cron,
        time_zone: given.timeZone,
        kind: given.action.kind,
        input: given.action.input ?? {},
        missed: given.missed ?? 'skip',
      });
      await assertRoom(em, instanceId);
      const [row] = await em.execute<RawRow[]>(
        `insert into schedules_schedule (id, instance_id, user_id, ${names}, next_at, wake_at, created_at)
         values (?, ?, ?, ${places}, ?, ?, ?) returning ${columns}`,
        [newId(), instanceId, identity.id, ...values(wanted), ...this.#due(wanted), this.#now()],
      );
      await this.#record(em, 'schedules.create', instance, identity, readRow(row!));
      return this.#view(readRow(row!));
    });
  }

  async change(
    instanceId: string,
    id: string,
    given: ChangeSchedule,
    identity: Identity,
  ): Promise<ScheduleView> {
    if (given.action !== undefined) await this.#checkHere(instanceId, given.action, identity);
    return this.#ground.database.transaction(async (em) => {
      const instance = await this.#ground.instances.admit(em, instanceId, identity, write);
      const before = await lock(em, instanceId, id);
      const wanted = await this.#check(em, instance, identity, {
        name: given.name ?? before.name,
        enabled: given.enabled ?? before.enabled,
        cron: given.cron ?? before.cron,
        time_zone: given.timeZone ?? before.time_zone,
        kind: given.action?.kind ?? before.kind,
        input: given.action === undefined ? before.input : (given.action.input ?? {}),
        missed: given.missed ?? before.missed,
      });
      const [row] = await em.execute<RawRow[]>(
        `update schedules_schedule set (user_id, ${names}, next_at, wake_at, tried_since, failures) = (?, ${places}, ?, ?, ?, ?)
         where id = ? returning ${columns}`,
        [identity.id, ...values(wanted), ...this.#dueAfter(before, wanted), id],
      );
      await this.#record(em, 'schedules.change', instance, identity, readRow(row!));
      return this.#view(readRow(row!));
    });
  }

  remove(instanceId: string, id: string, identity: Identity): Promise<void> {
    return this.#ground.database.transaction(async (em) => {
      const instance = await this.#ground.instances.admit(em, instanceId, identity, write);
      const row = await lock(em, instanceId, id);
      await em.execute('delete from schedules_schedule where id = ?', [id]);
      await this.#record(em, 'schedules.delete', instance, identity, row);
    });
  }

  /** The instance is gone. */
  async forget(em: EntityManager, instanceId: string): Promise<void> {
    await em.execute('delete from schedules_schedule where instance_id = ?', [instanceId]);
  }

  /** What only the instance can say. Outside the transaction: it may take its time, and connections of its own. */
  async #checkHere(
    instanceId: string,
    { kind, input = {} }: CreateSchedule['action'],
    identity: Identity,
  ): Promise<void> {
    const { actions, database, instances } = this.#ground;
    const action = actionOf(actions, kind);
    if (action?.check === undefined) return;
    const instance = await instances.admit(database.fork(), instanceId, identity, write);
    await action.check(readInput(action, input), instance);
  }

  /** Whoever writes a schedule must be allowed to do what it does; also by the scopes of their key. */
  async #check(
    em: EntityManager,
    instance: InstanceFacts,
    identity: Identity,
    wanted: Wanted,
  ): Promise<Wanted> {
    const action = actionOf(this.#ground.actions, wanted.kind);
    if (action === undefined)
      throw problems.invalid([
        { path: '/action/kind', message: `must be one of ${this.kinds().join(', ')}` },
      ]);
    const input = readInput(action, wanted.input);
    checkTimes({ cron: wanted.cron, timeZone: wanted.time_zone }, this.#now());
    if (!identity.can(action.permission))
      throw problems.forbidden(
        `A schedule that does this needs the permission "${action.permission}", which you do not have here.`,
      );
    await this.#ground.instances.admit(em, instance.id, identity, action.permission);
    return { ...wanted, name: wanted.name.trim(), input };
  }

  kinds(): string[] {
    return this.#ground.actions.map(({ value }) => value.kind);
  }

  #now(): Date {
    return this.#ground.clock?.() ?? new Date();
  }

  /** `next_at` and `wake_at`. */
  #due(wanted: Wanted): [Date | null, Date | null] {
    if (!wanted.enabled) return [null, null];
    const now = this.#now();
    const next = nextTime({ cron: wanted.cron, timeZone: wanted.time_zone }, now);
    const action = actionOf(this.#ground.actions, wanted.kind);
    return [next, next === null ? null : wakeTime(action, wanted.input, next, now)];
  }

  /**
   * `next_at`, `wake_at`, `tried_since` and `failures`: a run that is due or waits is neither lost nor doubled by another
   * name. One that failed is begun anew with whatever is changed in what it does.
   */
  #dueAfter(before: ScheduleRow, wanted: Wanted): [Date | null, Date | null, Date | null, number] {
    const { next_at: next, wake_at: wake, tried_since: since, failures } = before;
    const isSame = (...members: readonly (keyof Wanted)[]) =>
      members.every((name) => JSON.stringify(before[name]) === JSON.stringify(wanted[name]));
    const doesTheSame = isSame('kind', 'input');
    const comesAnew = !isSame('cron', 'time_zone', 'enabled') || (failures > 0 && !doesTheSame);
    if (next === null || comesAnew) return [...this.#due(wanted), null, 0];
    if (since !== null || doesTheSame) return [next, wake, since, failures];
    const action = actionOf(this.#ground.actions, wanted.kind);
    return [next, wakeTime(action, wanted.input, next, this.#now()), null, failures];
  }

  #view(row: ScheduleRow): ScheduleView {
    const times = { cron: row.cron, timeZone: row.time_zone };
    const at = (time: Date) => time.toISOString();
    return {
      id: row.id,
      instanceId: row.instance_id,
      userId: row.user_id,
      name: row.name,
      enabled: row.enabled,
      ...times,
      action: { kind: row.kind, input: row.input },
      missed: row.missed,
      nextAt: row.next_at === null ? null : at(row.next_at),
      next: row.enabled ? nextTimes(times, this.#upTo(row), 3).map(at) : [],
      last:
        row.last_at === null
          ? null
          : {
              at: at(row.last_at),
              outcome: row.last_outcome!,
              operationId: row.last_operation_id,
              error: row.last_error,
            },
      failures: row.failures,
      createdAt: at(row.created_at),
    };
  }

  /** The times that come are those from the next run on: one that fails again and again is put off. */
  #upTo({ next_at: next }: ScheduleRow): Date {
    const now = this.#now();
    return next === null || next <= now ? now : new Date(next.getTime() - 1000);
  }

  async #record(
    em: EntityManager,
    action: string,
    instance: InstanceFacts,
    identity: Identity,
    { id, name, kind, cron }: ScheduleRow,
  ): Promise<void> {
    await this.#ground.audit.record(em, {
      action,
      actor: identity.label,
      userId: identity.id,
      instanceId: instance.id,
      data: { id, name, kind, cron },
      frequent: true,
    });
  }
}

const names = 'name, enabled, cron, time_zone, kind, input, missed';
const places = '?, ?, ?, ?, ?, ?::jsonb, ?';
const values = ({ name, enabled, cron, time_zone, kind, input, missed }: Wanted): unknown[] => [
  name,
  enabled,
  cron,
  time_zone,
  kind,
  JSON.stringify(input),
  missed,
];

async function lock(em: EntityManager, instanceId: string, id: string): Promise<ScheduleRow> {
  const [row] = await em.execute<RawRow[]>(
    `select ${columns} from schedules_schedule where id = ? and instance_id = ? for update`,
    [id, instanceId],
  );
  if (row === undefined) throw problems.notFound('schedule');
  return readRow(row);
}

/** Two that are made at once wait for each other here, so that both cannot be the fiftieth. */
async function assertRoom(em: EntityManager, instanceId: string): Promise<void> {
  const lock = 'select pg_advisory_xact_lock(?, hashtext(?))';
  await em.execute(lock, [advisoryLocks.schedules, instanceId]);
  const [found] = await em.execute<{ count: number }[]>(
    'select count(*)::int as count from schedules_schedule where instance_id = ?',
    [instanceId],
  );
  if (found!.count >= mostPerInstance)
    throw problems.conflict(
      'schedules.too-many',
      `An instance has at most ${mostPerInstance} schedules. Delete one first.`,
      { limit: mostPerInstance },
    );
}
