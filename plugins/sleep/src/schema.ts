/** The one table of `sleep`: when an instance may rest, who wakes it, and since when it rests. */
import { defineEntity, p } from '@mikro-orm/postgresql';

export const SleepEntity = defineEntity({
  name: 'Sleep',
  tableName: 'sleep_instance',
  properties: {
    instanceId: p.uuid().primary(),
    /** Without players for so long, it goes to sleep. */
    afterMinutes: p.double(),
    wakeBy: p.string().length(10),
    /** Null while it does not sleep. */
    asleepSince: p.datetime().nullable(),
    /** When its start was begun for a player; null again once it starts. */
    wokenAt: p.datetime().nullable(),
  },
});

export const sleepEntities = [SleepEntity];

export const sleepMigrations = [
  {
    name: '001_sleep',
    up: [
      `create table "sleep_instance" (
        "instance_id" uuid primary key, "after_minutes" double precision not null, "wake_by" varchar(10) not null,
        "asleep_since" timestamptz null, "woken_at" timestamptz null)`,
    ],
  },
] as const;
