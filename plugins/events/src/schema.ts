/** The outbox: events as they were committed, kept for an hour so that browsers can resume. */
import { defineEntity, p } from '@mikro-orm/postgresql';

/** As PostgreSQL itself writes them. */
const currentXact = '((pg_current_xact_id())::text)::bigint';
const currentHorizon = '((pg_snapshot_xmin(pg_current_snapshot()))::text)::bigint';

const EventEntity = defineEntity({
  name: 'Event',
  tableName: 'events_event',
  properties: {
    id: p.bigint('string').primary(),
    type: p.string().length(100),
    at: p.datetime().defaultRaw('now()'),
    userId: p.uuid().nullable(),
    instanceId: p.uuid().nullable(),
    data: p.json<Record<string, unknown>>(),
    /** Number of the transaction it was written in. */
    xact: p.bigint('string').defaultRaw(currentXact),
    /** The oldest transaction that was still open then: what had a lower number was over, and visible. */
    horizon: p.bigint('string').defaultRaw(currentHorizon),
  },
  indexes: [
    { name: 'events_event_at_index', properties: ['at'] },
    { name: 'events_event_xact_index', properties: ['xact'] },
  ],
});

export const eventEntities = [EventEntity];

export const eventMigrations = [
  {
    name: '001_event',
    up: [
      `create table "events_event" (
        "id" bigserial primary key, "type" varchar(100) not null, "at" timestamptz not null default now(),
        "user_id" uuid null, "instance_id" uuid null, "data" jsonb not null,
        "xact" bigint not null default ${currentXact}, "horizon" bigint not null default ${currentHorizon})`,
      'create index "events_event_at_index" on "events_event" ("at")',
      'create index "events_event_xact_index" on "events_event" ("xact")',
    ],
  },
] as const;
