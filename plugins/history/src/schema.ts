/** Three tables of what happened, each with a bound per instance, and one row that says when somebody last watched. */
import { defineEntity, p } from '@mikro-orm/postgresql';

const openIndex = `create unique index "history_period_open_unique" on "history_period" ("instance_id") where to_at is null`;
const incompleteIndex = `create index "history_crash_incomplete_index" on "history_crash" ("instance_id") where not complete`;

const CrashEntity = defineEntity({
  name: 'HistoryCrash',
  tableName: 'history_crash',
  properties: {
    id: p.uuid().primary(),
    instanceId: p.uuid(),
    /** The agent's. */
    crashId: p.string().length(64),
    at: p.datetime(),
    record: p.json(),
    /** With what only the agent's own record has. */
    complete: p.boolean(),
  },
  uniques: [
    { name: 'history_crash_instance_id_crash_id_unique', properties: ['instanceId', 'crashId'] },
  ],
  indexes: [
    { name: 'history_crash_at_index', properties: ['instanceId', 'at', 'id'] },
    { name: 'history_crash_incomplete_index', expression: incompleteIndex },
  ],
});

const PeriodEntity = defineEntity({
  name: 'HistoryPeriod',
  tableName: 'history_period',
  properties: {
    instanceId: p.uuid().primary(),
    fromAt: p.datetime(6).primary(),
    toAt: p.datetime(6).nullable(),
    state: p.string().length(20),
  },
  indexes: [{ name: 'history_period_open_unique', expression: openIndex }],
});

const UsageEntity = defineEntity({
  name: 'HistoryUsage',
  tableName: 'history_usage',
  properties: {
    instanceId: p.uuid().primary(),
    /** `minute` or `hour`: what `at` was cut down to. */
    resolution: p.string().length(6).primary(),
    at: p.datetime().primary(),
    samples: p.integer(),
    memorySum: p.bigint('string'),
    memoryMost: p.bigint('string'),
    /** Of `samples`, those that say how much processor was used. */
    cpuSamples: p.integer().default(0),
    cpuSum: p.double(),
    cpuMost: p.double(),
    players: p.integer().nullable(),
    diskBytes: p.bigint('string').nullable(),
  },
  indexes: [{ name: 'history_usage_at_index', properties: ['resolution', 'at'] }],
});

const WatchEntity = defineEntity({
  name: 'HistoryWatch',
  tableName: 'history_watch',
  properties: { id: p.string().length(10).primary(), seenAt: p.datetime(6) },
});

export const historyEntities = [CrashEntity, PeriodEntity, UsageEntity, WatchEntity];

export const historyMigrations = [
  {
    name: '001_history',
    up: [
      `create table "history_crash" (
        "id" uuid primary key, "instance_id" uuid not null, "crash_id" varchar(64) not null, "at" timestamptz not null,
        "record" jsonb not null, "complete" boolean not null,
        constraint "history_crash_instance_id_crash_id_unique" unique ("instance_id", "crash_id"))`,
      'create index "history_crash_at_index" on "history_crash" ("instance_id", "at", "id")',
      incompleteIndex,
      `create table "history_period" (
        "instance_id" uuid not null, "from_at" timestamptz(6) not null, "to_at" timestamptz(6) null, "state" varchar(20) not null,
        constraint "history_period_pkey" primary key ("instance_id", "from_at"))`,
      openIndex,
      `create table "history_usage" (
        "instance_id" uuid not null, "resolution" varchar(6) not null, "at" timestamptz not null, "samples" int not null,
        "memory_sum" bigint not null, "memory_most" bigint not null, "cpu_sum" double precision not null,
        "cpu_most" double precision not null, "players" int null, "disk_bytes" bigint null,
        constraint "history_usage_pkey" primary key ("instance_id", "resolution", "at"))`,
      'create index "history_usage_at_index" on "history_usage" ("resolution", "at")',
      'create table "history_watch" ("id" varchar(10) primary key, "seen_at" timestamptz(6) not null)',
    ],
  },
  {
    name: '002_cpu_samples',
    up: [
      'alter table "history_usage" add column "cpu_samples" int not null default 0',
      'update "history_usage" set "cpu_samples" = "samples"',
    ],
  },
] as const;
