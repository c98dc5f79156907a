/**
 * Minecraft's server from Mojang: version manifest → the version's own document (checked against the manifest's
 * SHA-1) → `server.jar` (checked against the document's SHA-1).
 *
 * Request: `{ "version": "1.21.4" }`. Mirror: setting `mojangUrl`.
 */
import { Type } from 'typebox';
import { join } from 'node:path';
import { notPublished } from '../errors.ts';
import type { ImporterKind } from '../index.ts';
import { VersionId } from '../template.ts';
import { download } from '../upstream/download.ts';
import { getJson } from '../upstream/get-json.ts';
import { parseRequest, sharePart, type ImporterGround } from './ground.ts';

const upstream = 'Mojang version service';
const Sha1 = Type.String({ pattern: '^[0-9a-fA-F]{40}$' });
const Address = Type.String({ pattern: '^https?://' });
const Request = Type.Object({ version: VersionId }, { additionalProperties: false });

/** `version_manifest_v2.json`: what of it is used. */
const Manifest = Type.Object({
  versions: Type.Array(
    Type.Object({ id: Type.String(), type: Type.String(), url: Address, sha1: Sha1 }),
  ),
});
/** A version's document. Versions before 1.2.5 have no server. */
const Version = Type.Object({
  downloads: Type.Object({
    server: Type.Optional(
      Type.Object({ url: Address, sha1: Sha1, size: Type.Integer({ minimum: 1 }) }),
    ),
  }),
});

export function mojangImporter(use: ImporterGround): ImporterKind {
  const manifest = (signal: AbortSignal) =>
    getJson(use.client, {
      upstream,
      url: `${use.addresses.mojang}/mc/game/version_manifest_v2.json`,
      what: 'its list of versions',
      schema: Manifest,
      signal,
    });
  return {
    id: 'mojang',
    upstream,
    async import(request, { signal, workDir, onProgress }) {
      const { version } = parseRequest('mojang', Request, request);
      const { client, limit } = use;
      const what = `the Minecraft ${version} server`;
      onProgress({ step: 'asking Mojang', fraction: null });
      const entry = (await manifest(signal)).versions.find(({ id }) => id === version);
      if (entry === undefined) throw notPublished(upstream, what);
      const { downloads } = await getJson(client, {
        upstream,
        url: entry.url,
        what,
        schema: Version,
        signal,
        sha1: entry.sha1,
      });
      if (downloads.server === undefined) throw notPublished(upstream, what);
      const { url, sha1, size } = downloads.server;
      const file = join(workDir, 'server.jar');
      const onBytes = sharePart(0, 1, (fraction) =>
        onProgress({ step: 'downloading the server', fraction }),
      );
      await download(client, {
        upstream,
        url,
        what: `The Minecraft ${version} server`,
        hash: { algorithm: 'sha1', value: sha1 },
        size,
        file,
        limit,
        signal,
        onBytes,
      });
      return {
        file,
        format: 'file',
        fileName: `minecraft-server-${version}.jar`,
        origin: `Mojang minecraft ${version} (sha1-${sha1.toLowerCase()})`,
      };
    },
    async versions(_request, signal) {
      return (await manifest(signal)).versions
        .filter(({ type }) => type === 'release')
        .map(({ id }) => id);
    },
  };
}
