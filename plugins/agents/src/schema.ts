/** What the platform knows of each agent: when it was last heard, and what it said. */
import { defineEntity, p } from '@mikro-orm/postgresql';

const AgentEntity = defineEntity({
  name: 'Agent',
  tableName: 'agents_agent',
  properties: {
    instanceId: p.uuid().primary(),
    /** Of the last report that counted; one that is not higher is old, and refused. */
    sequence: p.bigint('string'),
    /** For people; null before the first report. */
    lastSeenAt: p.datetime().nullable(),
    silent: p.boolean(),
    status: p.json().nullable(),
  },
});

export const agentEntities = [AgentEntity];

export const agentMigrations = [
  {
    name: '001_agent',
    up: [
      `create table "agents_agent" ("instance_id" uuid primary key, "sequence" bigint not null, "last_seen_at" timestamptz null,
        "silent" boolean not null, "status" jsonb null)`,
    ],
  },
] as const;
