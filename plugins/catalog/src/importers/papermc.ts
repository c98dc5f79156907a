/**
 * Builds of PaperMC's projects (paper, folia, velocity) from its downloads service, API v3. Without a build number
 * it takes the newest stable one, or the newest at all while a version has no stable build; checked by SHA-256.
 *
 * Request: `{ "project": "paper", "version": "1.21.4", "build": 232 }`. Mirror: setting `papermcUrl`.
 */
import { Type, type Static } from 'typebox';
import { join } from 'node:path';
import { notPublished, upstreamMalformed } from '../errors.ts';
import type { ImporterKind } from '../index.ts';
import { VersionId } from '../template.ts';
import { download } from '../upstream/download.ts';
import { getJson } from '../upstream/get-json.ts';
import { parseRequest, sharePart, type ImporterGround } from './ground.ts';

const upstream = 'PaperMC API';
const Project = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,31}$',
  patternErrorMessage: 'must be lower-case letters, digits and hyphens, a letter first, 32 at most',
});
const Request = Type.Object(
  { project: Project, version: VersionId, build: Type.Optional(Type.Integer({ minimum: 0 })) },
  { additionalProperties: false },
);
const VersionsRequest = Type.Object({ project: Project }, { additionalProperties: false });

/** Versions by their group, newest first: `{ "1.21": ["1.21.11", …] }`. */
const ProjectAnswer = Type.Object({
  versions: Type.Record(Type.String(), Type.Array(Type.String())),
});
const Build = Type.Object({
  id: Type.Integer(),
  /** `STABLE`, `RECOMMENDED`, `BETA`, `ALPHA` */
  channel: Type.String(),
  downloads: Type.Record(
    Type.String(),
    Type.Object({
      name: Type.String({ maxLength: 255 }),
      size: Type.Integer({ minimum: 1 }),
      url: Type.String({ pattern: '^https?://' }),
      checksums: Type.Object({ sha256: Type.String({ pattern: '^[0-9a-fA-F]{64}$' }) }),
    }),
  ),
});
/** Newest first. */
const Builds = Type.Array(Build);

export function papermcImporter(use: ImporterGround): ImporterKind {
  return {
    id: 'papermc',
    upstream,
    async import(request, { signal, workDir, onProgress }) {
      const { project, version, build: wanted } = parseRequest('papermc', Request, request);
      const { client, addresses, limit } = use;
      const what = `${project} ${version}`;
      onProgress({ step: 'asking PaperMC', fraction: null });
      const url = `${addresses.papermc}/v3/projects/${project}/versions/${version}/builds`;
      const build = choose(
        await getJson(client, { upstream, url, what, schema: Builds, signal }),
        wanted,
      );
      if (build === undefined)
        throw notPublished(upstream, wanted === undefined ? what : `${what} build ${wanted}`);
      const chosen = build.downloads['server:default'];
      if (chosen === undefined)
        throw upstreamMalformed(upstream, `${what} build ${build.id} has no "server:default"`);
      const file = join(workDir, 'server.jar');
      const sha256 = chosen.checksums.sha256.toLowerCase();
      const onBytes = sharePart(0, 1, (fraction) =>
        onProgress({ step: 'downloading the server', fraction }),
      );
      await download(client, {
        upstream,
        url: chosen.url,
        what: `${project} ${version} build ${build.id}`,
        hash: { algorithm: 'sha256', value: sha256 },
        size: chosen.size,
        file,
        limit,
        signal,
        onBytes,
      });
      return {
        file,
        format: 'file',
        fileName: chosen.name,
        origin: `PaperMC ${project} ${version} build ${build.id} ${build.channel.toLowerCase()} (sha256-${sha256})`,
      };
    },
    async versions(request, signal) {
      const { project } = parseRequest('papermc', VersionsRequest, request);
      const url = `${use.addresses.papermc}/v3/projects/${project}`;
      const { versions } = await getJson(use.client, {
        upstream,
        url,
        what: `the project ${project}`,
        schema: ProjectAnswer,
        signal,
      });
      return Object.values(versions)
        .flat()
        .filter((version) => !/-(pre|rc|snapshot)/i.test(version));
    },
  };
}

function choose(
  builds: Static<typeof Builds>,
  wanted: number | undefined,
): Static<typeof Build> | undefined {
  if (wanted !== undefined) return builds.find(({ id }) => id === wanted);
  return (
    builds.find(({ channel }) => channel === 'STABLE' || channel === 'RECOMMENDED') ?? builds[0]
  );
}
