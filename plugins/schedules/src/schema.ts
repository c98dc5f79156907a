/** The one table of schedules: what is wanted, when something is to be done next, and how the last run went. */
import { defineEntity, p } from '@mikro-orm/postgresql';
import type { Outcome } from './view.ts';

const wakeIndex = `create index "schedules_schedule_wake_at_index" on "schedules_schedule" ("wake_at") where enabled`;
const runningIndex = `create index "schedules_schedule_running_index" on "schedules_schedule" ("last_operation_id") where last_outcome = 'running'`;

const ScheduleEntity = defineEntity({
  name: 'Schedule',
  tableName: 'schedules_schedule',
  properties: {
    id: p.uuid().primary(),
    instanceId: p.uuid(),
    /** Whoever wrote it last: it runs with their rights. */
    userId: p.uuid(),
    name: p.string().length(60),
    enabled: p.boolean(),
    cron: p.string().length(100),
    timeZone: p.string().length(64),
    kind: p.string().length(100),
    input: p.json(),
    missed: p.string().length(10),
    /** The run that comes next. */
    nextAt: p.datetime().nullable(),
    /** When something is to be done for it: a warning, the run, another try. */
    wakeAt: p.datetime().nullable(),
    /** Since when it is in another operation's way. */
    triedSince: p.datetime().nullable(),
    /** What was in its way when it was last tried. */
    triedError: p.json().nullable(),
    lastAt: p.datetime().nullable(),
    lastOutcome: p.string().length(20).nullable(),
    lastOperationId: p.uuid().nullable(),
    lastError: p.json().nullable(),
    /** Runs in a row that could not begin. */
    failures: p.integer().default(0),
    createdAt: p.datetime(),
  },
  indexes: [
    { name: 'schedules_schedule_instance_id_index', properties: ['instanceId', 'createdAt'] },
    { name: 'schedules_schedule_wake_at_index', expression: wakeIndex },
    { name: 'schedules_schedule_running_index', expression: runningIndex },
  ],
});

export const scheduleEntities = [ScheduleEntity];

export const scheduleMigrations = [
  {
    name: '001_schedule',
    up: [
      `create table "schedules_schedule" (
        "id" uuid primary key, "instance_id" uuid not null, "user_id" uuid not null, "name" varchar(60) not null,
        "enabled" boolean not null, "cron" varchar(100) not null, "time_zone" varchar(64) not null,
        "kind" varchar(100) not null, "input" jsonb not null, "missed" varchar(10) not null,
        "next_at" timestamptz null, "wake_at" timestamptz null, "tried_since" timestamptz null,
        "last_at" timestamptz null, "last_outcome" varchar(20) null, "last_operation_id" uuid null, "last_error" jsonb null,
        "created_at" timestamptz not null)`,
      'create index "schedules_schedule_instance_id_index" on "schedules_schedule" ("instance_id", "created_at")',
      wakeIndex,
      runningIndex,
    ],
  },
  {
    name: '002_tried_error',
    up: ['alter table "schedules_schedule" add column "tried_error" jsonb null'],
  },
  {
    name: '003_failures',
    up: ['alter table "schedules_schedule" add column "failures" int not null default 0'],
  },
] as const;

export interface ScheduleRow {
  readonly id: string;
  readonly instance_id: string;
  readonly user_id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly cron: string;
  readonly time_zone: string;
  readonly kind: string;
  readonly input: Record<string, unknown>;
  readonly missed: 'skip' | 'run-once';
  readonly next_at: Date | null;
  readonly wake_at: Date | null;
  readonly tried_since: Date | null;
  readonly tried_error: ScheduleRow['last_error'];
  readonly last_at: Date | null;
  readonly last_outcome: Outcome | null;
  readonly last_operation_id: string | null;
  readonly last_error: { readonly code: string; readonly detail: string } | null;
  readonly failures: number;
  readonly created_at: Date;
}

export const columns =
  'id, instance_id, user_id, name, enabled, cron, time_zone, kind, input, missed, next_at, wake_at, tried_since, tried_error, last_at, last_outcome, last_operation_id, last_error, failures, created_at';

const times = ['next_at', 'wake_at', 'tried_since', 'last_at', 'created_at'] as const;

/** A row as the driver answers it: times are text. */
export type RawRow = Omit<ScheduleRow, (typeof times)[number]>;

export function readRow(raw: RawRow): ScheduleRow {
  const row: Record<string, unknown> = { ...raw };
  for (const name of times) {
    const time = row[name] as string | null;
    row[name] = time === null ? null : new Date(time);
  }
  return row as unknown as ScheduleRow;
}
