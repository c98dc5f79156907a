/** The catalog over HTTP: what is on offer, and the list of stored artifacts for administrators. */
import { defineRoute, page, pageQuery, problems, type Route } from '@zlh/http';
import { Type } from 'typebox';
import type { Catalog } from './index.ts';
import type { Records } from './store/records.ts';

const VersionSchema = Type.Object(
  {
    id: Type.String(),
    runtime: Type.String({ description: 'Id of the runtime it runs on: `java-21`.' }),
    recommended: Type.Boolean(),
  },
  { title: 'Version' },
);
const VariantSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    description: Type.String(),
    eula: Type.Union([Type.String(), Type.Null()], {
      description: 'The terms one accepts by creating a server of it.',
    }),
    memoryMiB: Type.Object({
      min: Type.Integer(),
      default: Type.Integer(),
      max: Type.Integer(),
    }),
    versions: Type.Array(VersionSchema),
  },
  { title: 'Variant' },
);
const GameSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    description: Type.String(),
    variants: Type.Array(VariantSchema),
  },
  { title: 'Game' },
);
const OfferSchema = Type.Object({ games: Type.Array(GameSchema) }, { title: 'Catalog' });
const RuntimesSchema = Type.Object({
  runtimes: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      kind: Type.String(),
      version: Type.String(),
    }),
  ),
});
const ArtifactSchema = Type.Object(
  {
    sha256: Type.String(),
    size: Type.Integer({ description: 'Bytes.' }),
    fileName: Type.String(),
    origin: Type.String({ description: 'Where it came from, and the hash that vouched for it.' }),
    importedAt: Type.String({ format: 'date-time' }),
  },
  { title: 'Artifact' },
);

/** `use` is read when a request comes. */
export interface CatalogUse {
  readonly catalog: Catalog;
  readonly artifactStore: { readonly records: Records };
}

export function catalogRoutes(use: CatalogUse): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/catalog/games',
      summary: 'Games on offer, with their variants and versions',
      access: { permission: 'catalog.read' },
      schema: { response: { 200: OfferSchema } },
      handler: () => use.catalog.offer(),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/catalog/runtimes',
      summary: 'Runtimes that games and dev environments run on',
      access: { permission: 'catalog.read' },
      schema: { response: { 200: RuntimesSchema } },
      handler: () => use.catalog.runtimes(),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/artifacts',
      summary: 'Artifacts in store, newest first',
      description: 'For administrators.',
      access: { permission: 'catalog.manage' },
      schema: { query: Type.Object(pageQuery), response: { 200: page(ArtifactSchema) } },
      handler({ identity, query: { limit, cursor } }) {
        if (!identity.administrator) throw problems.forbidden();
        return use.artifactStore.records.list(limit, cursor);
      },
    }),
  ];
}
