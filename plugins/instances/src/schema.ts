/** The instance as the database holds it. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { Placement } from './index.ts';
import type { InstanceRequest, ResolvedWorkload } from './kinds.ts';

export const Instance = defineEntity({
  name: 'Instance',
  tableName: 'instances_instance',
  properties: {
    id: p.uuid().primary(),
    vmid: p.integer().unique('instances_instance_vmid_unique'),
    kind: p.string().length(32),
    name: p.string().length(60),
    hostname: p.string().length(200).unique('instances_instance_hostname_unique'),
    game: p.string().length(64),
    variant: p.string().length(64),
    version: p.string().length(64),
    memoryMiB: p.integer().fieldName('memory_mib'),
    /** Null: no limit; also below. The defaults are for rows of platforms that knew none. */
    cpuPercent: p.integer().nullable(),
    processes: p.integer().nullable().default(512),
    diskMiB: p.integer().nullable().fieldName('disk_mib').default(10_240),
    ownerId: p.uuid(),
    provider: p.string().length(64),
    desired: p.string().length(20),
    /** What its agent last said; null: nothing yet. See `desired.ts`. */
    wanted: p.boolean().nullable(),
    /** Of its agent, so far. */
    reports: p.integer().default(0),
    /** False until its creation has come to its end once. */
    provisioned: p.boolean().default(true),
    observed: p.string().length(20),
    ready: p.boolean(),
    since: p.datetime(),
    placement: p.json<Placement>().nullable(),
    /** Of the spec; rises with every change, so that the agent refuses an older one. */
    revision: p.integer(),
    createdAt: p.datetime(),
  },
  indexes: [{ name: 'instances_instance_owner_id_index', properties: ['ownerId', 'createdAt'] }],
});
export type InstanceRecord = InferEntity<typeof Instance>;

/** See `workloads.ts`. In a table of its own: lists of instances need none of it. */
export const Workload = defineEntity({
  name: 'InstanceWorkload',
  tableName: 'instances_workload',
  properties: {
    instanceId: p.uuid().primary(),
    request: p.json<InstanceRequest>(),
    /** Null: of an instance of an earlier release, not read yet. */
    resolved: p.json<ResolvedWorkload>().nullable(),
  },
});

/** See `holds.ts`. */
export const Hold = defineEntity({
  name: 'InstanceHold',
  tableName: 'instances_hold',
  properties: {
    instanceId: p.uuid().primary(),
    source: p.string().length(64).primary(),
    code: p.string().length(100),
    detail: p.string().length(300),
  },
});

export const instanceEntities = [Instance, Workload, Hold];

export const instanceMigrations = [
  {
    name: '001_instance',
    up: [
      'create sequence "instances_vmid_seq" start with 5001',
      `create table "instances_instance" (
        "id" uuid primary key, "vmid" int not null, "kind" varchar(10) not null, "name" varchar(60) not null, "hostname" varchar(200) not null,
        "game" varchar(64) not null, "variant" varchar(64) not null, "version" varchar(64) not null, "memory_mib" int not null,
        "owner_id" uuid not null, "provider" varchar(64) not null, "desired" varchar(20) not null, "observed" varchar(20) not null,
        "ready" boolean not null, "since" timestamptz not null, "placement" jsonb null, "revision" int not null, "created_at" timestamptz not null,
        constraint "instances_instance_vmid_unique" unique ("vmid"), constraint "instances_instance_hostname_unique" unique ("hostname"))`,
      'create index "instances_instance_owner_id_index" on "instances_instance" ("owner_id", "created_at")',
    ],
  },
  {
    name: '002_limits',
    up: [
      'alter table "instances_instance" add column "cpu_percent" int null, add column "processes" int null default 512, add column "disk_mib" int null default 10240',
    ],
  },
  {
    name: '003_wanted',
    up: ['alter table "instances_instance" add column "wanted" boolean null'],
  },
  {
    name: '004_reports',
    up: [
      'alter table "instances_instance" add column "reports" int not null default 0, add column "provisioned" boolean not null default true',
      `update "instances_instance" set "provisioned" = false where "placement" is null`,
    ],
  },
  {
    name: '005_workload',
    up: [
      'alter table "instances_instance" alter column "kind" type varchar(32)',
      'create table "instances_workload" ("instance_id" uuid primary key, "request" jsonb not null, "resolved" jsonb null)',
      `insert into "instances_workload" ("instance_id", "request")
        select "id", jsonb_build_object('kind', "kind", 'name', "name", 'game', "game", 'variant', "variant", 'version', "version",
          'memoryMiB', "memory_mib") from "instances_instance"`,
    ],
  },
  {
    name: '006_hold',
    up: [
      `create table "instances_hold" ("instance_id" uuid not null, "source" varchar(64) not null, "code" varchar(100) not null,
        "detail" varchar(300) not null, primary key ("instance_id", "source"))`,
    ],
  },
] as const;
