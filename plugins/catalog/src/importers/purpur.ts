/**
 * Purpur from its API, v2: the latest build of a version that was built without a failure. Purpur publishes MD5 alone:
 * it tells a broken download from a whole one, but not a forged one, so what vouches for the publisher is the secure
 * connection; the artifact's origin says so.
 *
 * Request: `{ "version": "1.21.4", "build": "2416" }`. Mirror: setting `purpurUrl`.
 */
import { Type } from 'typebox';
import { join } from 'node:path';
import { notPublished } from '../errors.ts';
import type { ImporterKind } from '../index.ts';
import { VersionId } from '../template.ts';
import { download } from '../upstream/download.ts';
import { getJson } from '../upstream/get-json.ts';
import { parseRequest, sharePart, type ImporterGround } from './ground.ts';

const upstream = 'Purpur API';
const BuildId = Type.String({ pattern: '^[0-9]{1,9}$' });
const Request = Type.Object(
  { version: VersionId, build: Type.Optional(BuildId) },
  { additionalProperties: false },
);
const Project = Type.Object({ versions: Type.Array(Type.String()) });
const Version = Type.Object({ builds: Type.Object({ all: Type.Array(BuildId) }) });
const Build = Type.Object({
  /** `SUCCESS`, `FAILURE` */
  result: Type.String(),
  md5: Type.String({ pattern: '^([0-9a-fA-F]{32})?$' }),
});
/** Failed builds in a row that are passed over before a version counts as not published. */
const mostTries = 10;

export function purpurImporter(use: ImporterGround): ImporterKind {
  const base = () => `${use.addresses.purpur}/v2/purpur`;
  return {
    id: 'purpur',
    upstream,
    async import(request, { signal, workDir, onProgress }) {
      const { version, build: wanted } = parseRequest('purpur', Request, request);
      onProgress({ step: 'asking Purpur', fraction: null });
      const { build, md5 } = await findBuild(use, `${base()}/${version}`, {
        version,
        wanted,
        signal,
      });
      const file = join(workDir, 'server.jar');
      await download(use.client, {
        upstream,
        url: `${base()}/${version}/${build}/download`,
        what: `Purpur ${version} build ${build}`,
        hash: { algorithm: 'md5', value: md5 },
        file,
        limit: use.limit,
        signal,
        onBytes: sharePart(0, 1, (fraction) =>
          onProgress({ step: 'downloading the server', fraction }),
        ),
      });
      return {
        file,
        format: 'file',
        fileName: `purpur-${version}-${build}.jar`,
        origin: `Purpur ${version} build ${build} (md5-${md5.toLowerCase()}, no stronger hash is published)`,
      };
    },
    async versions(_request, signal) {
      const question = {
        upstream,
        url: base(),
        what: 'its list of versions',
        schema: Project,
        signal,
      };
      return (await getJson(use.client, question)).versions;
    },
  };
}

interface Search {
  readonly version: string;
  readonly wanted: string | undefined;
  readonly signal: AbortSignal;
}

async function findBuild({ client }: ImporterGround, url: string, search: Search) {
  const { version, wanted, signal } = search;
  const what = `Purpur ${version}`;
  const { builds } = await getJson(client, { upstream, url, what, schema: Version, signal });
  const newestFirst = builds.all.toSorted((a, b) => Number(b) - Number(a));
  const candidates = wanted === undefined ? newestFirst.slice(0, mostTries) : [wanted];
  for (const build of candidates) {
    const told = { upstream, url: `${url}/${build}`, what: `${what} build ${build}`, signal };
    const { result, md5 } = await getJson(client, { ...told, schema: Build });
    if (result === 'SUCCESS' && md5 !== '') return { build, md5 };
  }
  throw notPublished(upstream, wanted === undefined ? what : `${what} build ${wanted}`);
}
