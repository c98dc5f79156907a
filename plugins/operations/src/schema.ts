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
    cancelRequested: p.boolean(),
    /** Advisory lock key of the process that runs it. */
    worker: p.bigint('string').nullable(),
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

export const operationEntities = [OperationEntity];

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
] as const;
