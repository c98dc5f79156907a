/** The outbox: events as they were committed, kept for an hour so that browsers can resume. */
import { defineEntity, p } from '@mikro-orm/postgresql';

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
  },
  indexes: [{ name: 'events_event_at_index', properties: ['at'] }],
});

export const eventEntities = [EventEntity];

export const eventMigrations = [
  {
    name: '001_event',
    up: [
      `create table "events_event" (
        "id" bigserial primary key, "type" varchar(100) not null, "at" timestamptz not null default now(),
        "user_id" uuid null, "instance_id" uuid null, "data" jsonb not null)`,
      'create index "events_event_at_index" on "events_event" ("at")',
    ],
  },
] as const;
