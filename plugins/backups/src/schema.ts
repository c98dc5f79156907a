/** The tables of backups and of the parts that a backup consists of. */
import { defineEntity, p } from '@mikro-orm/postgresql';
import type { InferEntity } from '@mikro-orm/postgresql';
import type { BackupState, BackupType } from './index.ts';

const partKey = '"backup_id", "attempt", "number"';

const BackupEntity = defineEntity({
  name: 'Backup',
  tableName: 'backups_backup',
  properties: {
    id: p.uuid().primary(),
    instanceId: p.uuid(),
    name: p.string().length(80),
    type: p.string().length(12).$type<BackupType>(),
    /** Besides those of the view `deleting`: its parts are taken away, then the row. */
    state: p.string().length(12).$type<BackupState | 'deleting'>(),
    pinned: p.boolean(),
    /** The attempt whose parts are the backup; null while it is made. */
    attempt: p.string().length(16).nullable(),
    /** False once the bytes of a failed backup are taken away. */
    hasParts: p.boolean(),
    files: p.integer(),
    logicalBytes: p.bigint('number'),
    storedBytes: p.bigint('number'),
    leftOut: p.integer(),
    quiescedMs: p.integer(),
    sha256: p.string().length(64).nullable(),
    verifiedAt: p.datetime().nullable(),
    error: p.json<{ readonly code: string; readonly detail: string }>().nullable(),
    requestedBy: p.string().length(200),
    createdAt: p.datetime(),
    finishedAt: p.datetime().nullable(),
  },
  indexes: [
    { name: 'backups_backup_instance_id_index', properties: ['instanceId', 'createdAt'] },
    { name: 'backups_backup_state_index', properties: ['state'] },
  ],
});
export const Backup = BackupEntity;
export type BackupRecord = InferEntity<typeof BackupEntity>;

const PartEntity = defineEntity({
  name: 'BackupPart',
  tableName: 'backups_part',
  properties: {
    backupId: p.uuid().primary(),
    attempt: p.string().length(16).primary(),
    number: p.integer().primary(),
    size: p.integer(),
    sha256: p.string().length(64),
  },
});
export const BackupPart = PartEntity;
export type BackupPartRecord = InferEntity<typeof PartEntity>;

export const backupEntities = [BackupEntity, PartEntity];

export const backupMigrations = [
  {
    name: '001_backup',
    up: [
      `create table "backups_backup" (
        "id" uuid primary key, "instance_id" uuid not null, "name" varchar(80) not null, "type" varchar(12) not null,
        "state" varchar(12) not null, "pinned" boolean not null, "attempt" varchar(16) null, "has_parts" boolean not null,
        "files" int not null,
        "logical_bytes" bigint not null, "stored_bytes" bigint not null, "left_out" int not null,
        "quiesced_ms" int not null, "sha256" varchar(64) null, "verified_at" timestamptz null, "error" jsonb null,
        "requested_by" varchar(200) not null, "created_at" timestamptz not null, "finished_at" timestamptz null)`,
      'create index "backups_backup_instance_id_index" on "backups_backup" ("instance_id", "created_at")',
      'create index "backups_backup_state_index" on "backups_backup" ("state")',
      `create table "backups_part" ("backup_id" uuid not null, "attempt" varchar(16) not null, "number" int not null,
        "size" int not null, "sha256" varchar(64) not null, primary key (${partKey}))`,
    ],
  },
];
