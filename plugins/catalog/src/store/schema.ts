/** What the catalog keeps in the database: which artifacts there are, where each came from, and lists of versions. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { Migration } from '@zlh/database';
import type { ArtifactFormat } from '../importers/importer.ts';

/** One content in the store. */
export const CatalogArtifact = defineEntity({
  name: 'CatalogArtifact',
  tableName: 'catalog_artifact',
  properties: {
    id: p.uuid().primary(),
    sha256: p.string().length(64).unique(),
    /** Bytes. */
    size: p.bigint('number'),
    fileName: p.string().length(255),
    /** Where it came from and what vouched for it: one line. */
    origin: p.text(),
    importedAt: p.datetime(),
  },
});
export type CatalogArtifact = InferEntity<typeof CatalogArtifact>;

/** What one request to one importer led to: the same request means the same artifact. */
export const CatalogSource = defineEntity({
  name: 'CatalogSource',
  tableName: 'catalog_source',
  properties: {
    /** Hash of importer and request. */
    key: p.string().length(64).primary(),
    importer: p.string().length(64),
    request: p.json<Readonly<Record<string, unknown>>>(),
    sha256: p.string().length(64).index(),
    size: p.bigint('number'),
    format: p.string().length(16).$type<ArtifactFormat>(),
    fileName: p.string().length(255),
    importedAt: p.datetime(),
  },
});
export type CatalogSource = InferEntity<typeof CatalogSource>;

/** The versions an upstream offered when it was last asked. */
export const CatalogVersions = defineEntity({
  name: 'CatalogVersions',
  tableName: 'catalog_versions',
  properties: {
    key: p.string().length(64).primary(),
    versions: p.json<readonly string[]>(),
    /** When somebody last set out to ask, successfully or not. */
    askedAt: p.datetime(),
  },
});
export type CatalogVersions = InferEntity<typeof CatalogVersions>;

export const catalogEntities = [CatalogArtifact, CatalogSource, CatalogVersions];

export const catalogMigrations: readonly Migration[] = [
  {
    name: '001_artifacts',
    up: [
      `create table "catalog_artifact" ("id" uuid not null, "sha256" varchar(64) not null, "size" bigint not null, "file_name" varchar(255) not null,
        "origin" text not null, "imported_at" timestamptz not null, constraint "catalog_artifact_pkey" primary key ("id"))`,
      `alter table "catalog_artifact" add constraint "catalog_artifact_sha256_unique" unique ("sha256")`,
      `create table "catalog_source" ("key" varchar(64) not null, "importer" varchar(64) not null, "request" jsonb not null, "sha256" varchar(64) not null,
        "size" bigint not null, "format" varchar(16) not null, "file_name" varchar(255) not null, "imported_at" timestamptz not null, constraint "catalog_source_pkey" primary key ("key"))`,
      `create index "catalog_source_sha256_index" on "catalog_source" ("sha256")`,
      `create table "catalog_versions" ("key" varchar(64) not null, "versions" jsonb not null, "asked_at" timestamptz not null, constraint "catalog_versions_pkey" primary key ("key"))`,
    ],
  },
];
