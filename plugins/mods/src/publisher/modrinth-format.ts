/** What Modrinth's API v2 answers, as far as it is used; everything else in it is ignored. */
import { Type, type Static } from 'typebox';

/** A base 62 id, or a slug. */
export const ProjectId = Type.String({ minLength: 1, maxLength: 64 });
export const VersionKey = Type.String({ minLength: 1, maxLength: 64 });
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Id = Type.String({ pattern: '^[A-Za-z0-9]{1,32}$' });

export const PublishedFile = Type.Object({
  hashes: Type.Object({
    sha512: Type.String({ pattern: '^[0-9a-fA-F]{128}$' }),
    sha1: Type.String({ pattern: '^[0-9a-fA-F]{40}$' }),
  }),
  url: Type.String({ pattern: '^https?://\\S+$', maxLength: 2048 }),
  filename: Type.String({ minLength: 1, maxLength: 512 }),
  primary: Type.Boolean(),
  size: Type.Integer({ minimum: 0 }),
});
export type PublishedFile = Static<typeof PublishedFile>;

export const PublishedVersion = Type.Object({
  id: Id,
  project_id: Id,
  version_number: Type.String({ maxLength: 256 }),
  version_type: Type.Enum(['release', 'beta', 'alpha']),
  date_published: Type.String(),
  loaders: Type.Array(Type.String()),
  game_versions: Type.Array(Type.String()),
  dependencies: Type.Array(
    Type.Object({
      project_id: Type.Optional(orNull(Id)),
      version_id: Type.Optional(orNull(Id)),
      dependency_type: Type.String(),
    }),
  ),
  files: Type.Array(PublishedFile),
});
export type PublishedVersion = Static<typeof PublishedVersion>;

export const Project = Type.Object({
  id: Id,
  slug: Type.String({ minLength: 1, maxLength: 128 }),
  title: Type.String({ maxLength: 256 }),
});

export const SearchResult = Type.Object({
  hits: Type.Array(
    Type.Object({
      project_id: Id,
      slug: Type.Optional(orNull(Type.String())),
      title: Type.String(),
      description: Type.String(),
      downloads: Type.Integer(),
    }),
  ),
  offset: Type.Integer(),
  limit: Type.Integer(),
  total_hits: Type.Integer(),
});

/** The file that is the mod: the primary one, or the first; sources and the like come after it. */
export function jarOf({ files }: PublishedVersion): PublishedFile | undefined {
  const jars = files.filter(({ filename }) => /\.jar$/i.test(filename));
  return jars.find(({ primary }) => primary) ?? jars[0];
}
