/** The one table of operations: record and queue in one, so that they cannot disagree. */
import { defineEntity, p } from '@mikro-orm/postgresql';

const exclusiveIndex = `create unique index "operations_operation_exclusive_unique" on "operations_operation" ("instance_id") where exclusive and state in ('queued', 'running')`;

const OperationEntity = defineEntity({
  name: 'Operation',
  tableName: 'operations_operation',
  properties: {
    id: p.uuid().primary(),
    kind: p.string().length(100),
    title: p.string().length(200),
    instanceId: p.uuid().nullable(),
    ownerId: p.uuid().nullable(),
    requestedBy: p.string().length(320),
    state: p.string().length(20),
    exclusive: p.boolean(),
    phases: p.json(),
    input: p.json(),
    journal: p.json(),
    attempt: p.integer(),
    /** Set while phases are being taken back: the state the operation will end in. */
    undoing: p.string().length(20).nullable(),
    error: p.json().nullable(),
    /** Of the kind's `ended`. */
    result: p.json().nullable(),
    cancelRequested: p.boolean(),
    /** The `Superseding` for which it is cancelled. */
    supersededBy: p.json().nullable(),
    /** The operation it waits for; it is not exclusive until that one has ended. */
    after: p.uuid().nullable(),
    /** Advisory lock key of the process that runs it. */
    worker: p.bigint('string').nullable(),
    /** Rises with every claim and every takeover: whoever writes under an older one has lost the operation. */
    fence: p.integer().default(0),
    /** How often a process died in the current phase. */
    takeovers: p.integer(),
    createdAt: p.datetime(),
    finishedAt: p.datetime().nullable(),
  },
  indexes: [
    { name: 'operations_operation_state_index', properties: ['state', 'createdAt'] },
    { name: 'operations_operation_instance_id_index', properties: ['instanceId', 'createdAt'] },
    { name: 'operations_operation_owner_id_index', properties: ['ownerId', 'createdAt'] },
    { name: 'operations_operation_exclusive_unique', expression: exclusiveIndex },
  ],
});

/** A process that works on operations. Its lock says that it lives; its beat, that it gets on. */
const WorkerEntity = defineEntity({
  name: 'OperationWorker',
  tableName: 'operations_worker',
  properties: {
    number: p.integer().primary().autoincrement(false),
    /** The second word of the `application_name` of all connections of the process. */
    session: p.string().length(64),
    /** Counts up as long as the process runs. No time: clocks of hosts differ, and are set. */
    beat: p.bigint('string').defaultRaw('0'),
    /** Its beat stood still: its operations are others' now, whether its lock is there or not. */
    expelled: p.boolean().default(false),
  },
});

export const operationEntities = [OperationEntity, WorkerEntity];

export const operationMigrations = [
  {
    name: '001_operation',
    up: [
      `create table "operations_operation" (
        "id" uuid primary key, "kind" varchar(100) not null, "title" varchar(200) not null,
        "instance_id" uuid null, "owner_id" uuid null, "requested_by" varchar(320) not null,
        "state" varchar(20) not null, "exclusive" boolean not null,
        "phases" jsonb not null, "input" jsonb not null, "journal" jsonb not null, "attempt" int not null,
        "undoing" varchar(20) null, "error" jsonb null, "cancel_requested" boolean not null,
        "worker" bigint null, "takeovers" int not null,
        "created_at" timestamptz not null, "finished_at" timestamptz null)`,
      'create index "operations_operation_state_index" on "operations_operation" ("state", "created_at")',
      'create index "operations_operation_instance_id_index" on "operations_operation" ("instance_id", "created_at")',
      'create index "operations_operation_owner_id_index" on "operations_operation" ("owner_id", "created_at")',
      exclusiveIndex,
    ],
  },
  {
    name: '002_worker',
    up: [
      'alter table "operations_operation" add column "fence" int not null default 0',
      `create table "operations_worker" ("number" int primary key, "session" varchar(64) not null, "beat" bigint not null default 0, "expelled" boolean not null default false)`,
    ],
  },
  {
    name: '003_precedence',
    up: [
      'alter table "operations_operation" add column "superseded_by" jsonb null, add column "after" uuid null',
    ],
  },
  {
    name: '004_result',
    up: ['alter table "operations_operation" add column "result" jsonb null'],
  },
] as const;
