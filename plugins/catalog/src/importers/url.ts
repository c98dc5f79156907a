/**
 * Any file on the web whose hash is known beforehand.
 *
 * Request: `{ "url": "https://…/map.zip", "sha256": "…", "format": "zip", "fileName": "map.zip" }`; `sha512` or `sha1` instead of
 * `sha256` where that is what its publisher gives.
 */
import { Type } from 'typebox';
import { basename, join } from 'node:path';
import { requestInvalid } from '../errors.ts';
import type { ImporterKind } from '../index.ts';
import { download } from '../upstream/download.ts';
import { parseRequest, sharePart, type ImporterGround } from './ground.ts';

const hex = (digits: number) =>
  Type.Optional(
    Type.String({
      pattern: `^[0-9a-fA-F]{${digits}}$`,
      patternErrorMessage: `must be ${digits} hexadecimal digits`,
    }),
  );
const Request = Type.Object(
  {
    url: Type.String({
      pattern: '^https?://\\S+$',
      patternErrorMessage: 'must be an address that begins with http:// or https://',
      maxLength: 2048,
    }),
    sha256: hex(64),
    sha512: hex(128),
    sha1: hex(40),
    format: Type.Optional(Type.Enum(['file', 'tar', 'tar.gz', 'zip'])),
    fileName: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  },
  { additionalProperties: false },
);

export function urlImporter(use: ImporterGround): ImporterKind {
  return {
    id: 'url',
    upstream: 'web',
    async import(request, { signal, workDir, onProgress }) {
      const { url, format = 'file', fileName, ...hashes } = parseRequest('url', Request, request);
      const { client, limit } = use;
      const algorithm = (['sha256', 'sha512', 'sha1'] as const).find(
        (each) => hashes[each] !== undefined,
      );
      if (algorithm === undefined)
        throw requestInvalid('url', '/sha256', 'a hash is needed (sha256, sha512 or sha1)');
      const { host, pathname } = new URL(url);
      const name = fileName ?? (basename(pathname) || 'download');
      const file = join(workDir, 'download');
      const value = hashes[algorithm]!.toLowerCase();
      const onBytes = sharePart(0, 1, (fraction) =>
        onProgress({ step: `downloading ${name}`, fraction }),
      );
      await download(client, {
        upstream: `server ${host}`,
        url,
        what: `The file "${name}"`,
        hash: { algorithm, value },
        file,
        limit,
        signal,
        onBytes,
      });
      return { file, format, fileName: name, origin: `URL ${name} (${algorithm}-${value})` };
    },
  };
}
