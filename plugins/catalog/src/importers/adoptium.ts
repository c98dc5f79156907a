/**
 * Java from Eclipse Adoptium (Temurin), API v3: the latest runtime image of a feature release, checked by SHA-256 and
 * repacked without its outermost folder, whose name changes with each release (`jdk-21.0.5+11-jre/bin/java` → `bin/java`).
 *
 * Request: `{ "feature": 21, "platform": "linux", "arch": "x64" }`. Mirror: setting `adoptiumUrl`.
 */
import { Type } from 'typebox';
import { join } from 'node:path';
import { notPublished } from '../errors.ts';
import type { ImporterKind } from '../index.ts';
import { download } from '../upstream/download.ts';
import { getJson } from '../upstream/get-json.ts';
import { parseRequest, sharePart, type ImporterGround } from './ground.ts';
import { stripOutermost } from './repack.ts';

const upstream = 'Adoptium API';
const Request = Type.Object(
  {
    feature: Type.Integer({ minimum: 8, maximum: 999 }),
    platform: Type.String({
      pattern: '^[a-z0-9]+$',
      patternErrorMessage: 'must be lower-case letters and digits',
    }),
    arch: Type.String({
      pattern: '^[a-z0-9]+$',
      patternErrorMessage: 'must be lower-case letters and digits',
    }),
  },
  { additionalProperties: false },
);
/** Adoptium's words for Node's. */
const architectures: Readonly<Record<string, string>> = { x64: 'x64', arm64: 'aarch64' };

const Assets = Type.Array(
  Type.Object({
    release_name: Type.String({ maxLength: 200 }),
    binary: Type.Object({
      image_type: Type.String(),
      package: Type.Object({
        name: Type.String({ maxLength: 255 }),
        link: Type.String({ pattern: '^https?://' }),
        size: Type.Integer({ minimum: 1 }),
        checksum: Type.String({ pattern: '^[0-9a-fA-F]{64}$' }),
      }),
    }),
  }),
);

export function adoptiumImporter(use: ImporterGround): ImporterKind {
  return {
    id: 'adoptium',
    upstream,
    async import(request, { signal, workDir, onProgress }) {
      const { feature, platform, arch } = parseRequest('adoptium', Request, request);
      const { client, addresses, limit } = use;
      const what = `Java ${feature} for ${platform}/${arch}`;
      const query = new URLSearchParams({
        architecture: architectures[arch] ?? arch,
        image_type: 'jre',
        os: platform,
        vendor: 'eclipse',
      });
      onProgress({ step: 'asking Adoptium', fraction: null });
      const assets = await getJson(client, {
        upstream,
        url: `${addresses.adoptium}/v3/assets/latest/${feature}/hotspot?${query}`,
        what,
        schema: Assets,
        signal,
      });
      const asset = assets.find(
        ({ binary }) => binary.image_type === 'jre' && binary.package.name.endsWith('.tar.gz'),
      );
      if (asset === undefined) throw notPublished(upstream, what);
      const { name, link, size, checksum } = asset.binary.package;
      const archive = join(workDir, 'download.tar.gz');
      const sha256 = checksum.toLowerCase();
      const onBytes = sharePart(0, 0.8, (fraction) =>
        onProgress({ step: 'downloading Java', fraction }),
      );
      await download(client, {
        upstream,
        url: link,
        what,
        hash: { algorithm: 'sha256', value: sha256 },
        size,
        file: archive,
        limit,
        signal,
        onBytes,
      });
      onProgress({ step: 'packing Java', fraction: 0.8 });
      const file = join(workDir, 'runtime.tar.gz');
      await stripOutermost({ upstream, what, archive, file, limit: limit * 4, signal });
      return {
        file,
        format: 'tar.gz',
        fileName: name,
        origin: `Adoptium ${asset.release_name} ${platform}/${arch} jre (sha256-${sha256})`,
      };
    },
  };
}
