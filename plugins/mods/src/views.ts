/** Mods as the API shows them, and what changing them takes. */
import { InstanceView } from '@zlh/instances';
import { OperationView } from '@zlh/operations';
import { Type, type Static } from 'typebox';
import type { Hit } from './publisher/modrinth.ts';
import { ProjectId, VersionKey } from './publisher/modrinth-format.ts';
import type { Mod, Release } from './set/mod.ts';
import { pathOf } from './set/mod.ts';

const closed = { additionalProperties: false } as const;
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Named = Type.Object({ id: Type.String({ format: 'uuid' }), name: Type.String() });
const VersionView = Type.Object({ id: orNull(Type.String()), version: Type.String() });

export const ModView = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    source: Type.Enum(['modrinth', 'upload']),
    project: Type.String({ description: 'Id at its publisher.' }),
    name: Type.String(),
    kind: Type.Enum(['mod', 'plugin']),
    version: Type.String(),
    versionId: orNull(Type.String()),
    path: Type.String({ description: 'In the files of the instance.' }),
    sha256: orNull(Type.String({ description: 'Null until it has been fetched.' })),
    enabled: Type.Boolean(),
    pinned: Type.Boolean({
      description: 'Updates leave it alone; a version that another mod needs does not.',
    }),
    requestedBy: Type.Enum(['user', 'dependency']),
    needs: Type.Array(Named),
    neededBy: Type.Array(Named),
    update: orNull(VersionView),
    previous: orNull(VersionView),
    installedAt: Type.String({ format: 'date-time' }),
  },
  { title: 'Mod' },
);
export type ModView = Static<typeof ModView>;

export const ModSet = Type.Object({
  items: Type.Array(ModView),
  nextCursor: Type.Null(),
  updatesKnown: Type.Boolean({
    description: 'Whether the publisher could be asked for updates just now.',
  }),
});

export const Found = Type.Object(
  {
    project: Type.String(),
    slug: orNull(Type.String()),
    name: Type.String(),
    description: Type.String(),
    downloads: Type.Integer(),
    installed: Type.Boolean(),
  },
  { title: 'FoundMod' },
);

export const Accepted = Type.Object({
  instance: InstanceView,
  operation: OperationView,
  restartNeeded: Type.Boolean({
    description: 'The server runs: it takes the change over when it is started again.',
  }),
  movedPins: Type.Array(
    Type.Object({
      id: Type.String({ format: 'uuid' }),
      name: Type.String(),
      from: Type.String(),
      to: Type.String(),
    }),
    { description: 'Pinned mods that move to a version which another mod needs.' },
  ),
});
export type Accepted = Static<typeof Accepted>;

export const AddMod = Type.Object(
  {
    source: Type.Enum(['modrinth', 'upload']),
    project: Type.Optional(ProjectId),
    version: Type.Optional(VersionKey),
    path: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        description: 'Of a jar in the files of the instance; for `upload`.',
      }),
    ),
  },
  closed,
);
export type AddMod = Static<typeof AddMod>;

export const ChangeMod = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    pinned: Type.Optional(Type.Boolean()),
    version: Type.Optional(VersionKey),
    update: Type.Optional(Type.Literal(true)),
    rollBack: Type.Optional(Type.Literal(true)),
  },
  { ...closed, minProperties: 1, description: 'At most one of `version`, `update`, `rollBack`.' },
);
export type ChangeMod = Static<typeof ChangeMod>;

const versionOf = ({ versionId, version }: Release) => ({ id: versionId, version });
const named = ({ id, name }: Mod) => ({ id, name });

export function viewOf(mod: Mod, mods: readonly Mod[], update: Release | undefined): ModView {
  const { release, previous, source, ...rest } = mod;
  const { id, project, name, kind, enabled, pinned, requestedBy, installedAt } = rest;
  const needs = (one: Mod, other: Mod) =>
    one.release.requires.some((each) => each.project === other.project);
  return {
    id,
    source,
    project,
    name,
    kind,
    version: release.version,
    versionId: release.versionId,
    path: pathOf(mod),
    sha256: release.sha256,
    enabled,
    pinned,
    requestedBy,
    needs: mods.filter((other) => needs(mod, other)).map(named),
    neededBy: mods.filter((other) => needs(other, mod)).map(named),
    update: update === undefined ? null : versionOf(update),
    previous: previous[0] === undefined ? null : versionOf(previous[0]),
    installedAt,
  };
}

export function foundView(hit: Hit, mods: readonly Mod[]): Static<typeof Found> {
  return { ...hit, installed: mods.some(({ project }) => project === hit.project) };
}
