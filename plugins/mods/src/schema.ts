/** The sets of mods as the database holds them: one row for each mod of an instance. */
import { defineEntity, p } from '@mikro-orm/postgresql';
import type { EntityManager, Migration } from '@zlh/database';
import type { Mod, Release } from './set/mod.ts';

const ModRow = defineEntity({
  name: 'Mod',
  tableName: 'mods_mod',
  properties: {
    id: p.uuid().primary(),
    instanceId: p.uuid(),
    source: p.string().length(16).$type<Mod['source']>(),
    project: p.string().length(128),
    slug: p.string().length(128).nullable(),
    name: p.string().length(256),
    kind: p.string().length(8).$type<Mod['kind']>(),
    enabled: p.boolean(),
    pinned: p.boolean(),
    requestedBy: p.string().length(16).$type<Mod['requestedBy']>(),
    release: p.json<Release>(),
    previous: p.json<readonly Release[]>(),
    installedAt: p.datetime(),
  },
  uniques: [{ name: 'mods_mod_project_unique', properties: ['instanceId', 'project'] }],
});

/** An uploaded jar that an instance holds; see `jar/holdings.ts`. */
const UploadRow = defineEntity({
  name: 'ModUpload',
  tableName: 'mods_upload',
  properties: {
    instanceId: p.uuid().primary(),
    sha256: p.string().length(64).primary(),
    fileName: p.string().length(255).primary(),
    /** Bytes; 0 for what was uploaded before sizes were kept. */
    size: p.bigint('number'),
  },
  indexes: [{ name: 'mods_upload_sha256_index', properties: ['sha256'] }],
});

export const modEntities = [ModRow, UploadRow];

export const modMigrations: readonly Migration[] = [
  {
    name: '001_mods',
    up: [
      `create table "mods_mod" ("id" uuid primary key, "instance_id" uuid not null, "source" varchar(16) not null, "project" varchar(128) not null,
        "name" varchar(256) not null, "kind" varchar(8) not null, "enabled" boolean not null, "pinned" boolean not null, "requested_by" varchar(16) not null,
        "release" jsonb not null, "previous" jsonb not null, "installed_at" timestamptz not null,
        constraint "mods_mod_project_unique" unique ("instance_id", "project"))`,
    ],
  },
  {
    name: '002_uploads',
    up: [
      `create table "mods_upload" ("instance_id" uuid not null, "sha256" varchar(64) not null, "file_name" varchar(255) not null, "size" bigint not null,
        constraint "mods_upload_pkey" primary key ("instance_id", "sha256", "file_name"))`,
      'create index "mods_upload_sha256_index" on "mods_upload" ("sha256")',
      `insert into "mods_upload" select distinct "instance_id", one->'request'->>'sha256', one->'request'->>'fileName', 0
        from "mods_mod", jsonb_array_elements(jsonb_build_array("release") || "previous") as one where one->>'importer' = 'mods-upload'`,
    ],
  },
  {
    name: '003_slugs',
    up: [
      'alter table "mods_mod" add column "slug" varchar(128) null',
      `update "mods_mod" set "slug" = substr("project", 8) where "source" = 'upload'`,
    ],
  },
];

/** In the order of the names. */
export async function readSet(em: EntityManager, instanceId: string): Promise<readonly Mod[]> {
  const rows = await em.find(ModRow, { instanceId }, { orderBy: { name: 'asc', id: 'asc' } });
  return rows.map(({ id, source, project, name, kind, enabled, pinned, requestedBy, ...row }) => ({
    id,
    source,
    project,
    slug: row.slug ?? null,
    name,
    kind,
    enabled,
    pinned,
    requestedBy,
    release: row.release,
    previous: row.previous,
    installedAt: row.installedAt.toISOString(),
  }));
}

export async function writeSet(
  em: EntityManager,
  instanceId: string,
  mods: readonly Mod[],
): Promise<void> {
  await em.nativeDelete(ModRow, { instanceId });
  if (mods.length === 0) return;
  await em.insertMany(
    ModRow,
    mods.map((mod) => ({ ...mod, instanceId, installedAt: new Date(mod.installedAt) })),
  );
}
