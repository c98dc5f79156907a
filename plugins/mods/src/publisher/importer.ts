/**
 * Brings a jar in from Modrinth: by the id of its version and the SHA-512 it had when it was chosen. Size, SHA-512 and
 * SHA-1 must be what Modrinth publishes.
 *
 * Request: `{ "version": "IIJJKKLL", "sha512": "…" }`. Mirror: setting `modrinthUrl`.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { ImporterKind, Upstreams } from '@zlh/catalog';
import { CodedError } from '@zlh/kernel';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { safeFileName } from '../set/mod.ts';
import { PublishedVersion } from './modrinth-format.ts';
import { importerId, upstream } from './modrinth.ts';

const Request = Type.Object({
  version: Type.String({
    pattern: '^[A-Za-z0-9]{1,32}$',
    patternErrorMessage: 'must be 1 to 32 letters and digits',
  }),
  sha512: Type.String({
    pattern: '^[0-9a-f]{128}$',
    patternErrorMessage: 'must be 128 lower-case hexadecimal digits',
  }),
});

interface Use {
  readonly upstreams: Upstreams;
}

export function modrinthImporter(use: Use, base: () => string): ImporterKind {
  return {
    id: importerId,
    upstream,
    async import(request, { signal, workDir, onProgress }) {
      const { version, sha512 } = Value.Parse(Request, request);
      const found = await use.upstreams.json({
        upstream,
        url: `${base()}/v2/version/${version}`,
        what: `the version "${version}"`,
        schema: PublishedVersion,
        signal,
      });
      const jar = found.files.find(({ hashes }) => hashes.sha512.toLowerCase() === sha512);
      if (jar === undefined) throw withdrawn(found.version_number);
      if (base().startsWith('https:') && !jar.url.startsWith('https:')) throw insecure();
      const fileName = safeFileName(jar.filename);
      const file = join(workDir, 'download.jar');
      await use.upstreams.download({
        upstream,
        url: jar.url,
        what: `The file "${fileName}"`,
        hash: { algorithm: 'sha512', value: sha512 },
        size: jar.size,
        file,
        signal,
        onBytes: (done, all) =>
          onProgress({ step: `downloading ${fileName}`, fraction: all ? done / all : null }),
      });
      if ((await sha1Of(file)) !== jar.hashes.sha1.toLowerCase()) throw wrongSha1(fileName);
      const origin = `Modrinth ${found.project_id} ${found.version_number} (sha512-${sha512})`;
      return { file, format: 'file', fileName, origin };
    },
  };
}

async function sha1Of(file: string): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const withdrawn = (version: string) =>
  new CodedError(
    'MODS_WITHDRAWN',
    `Modrinth no longer publishes the file of version ${version} that was chosen.`,
    'Choose another version.',
  );
const insecure = () =>
  new CodedError(
    'MODS_INSECURE_ADDRESS',
    'Modrinth named an address that is not secure for this file.',
    'Choose another version, or upload the file.',
  );
const wrongSha1 = (fileName: string) =>
  new CodedError(
    'MODS_HASH_MISMATCH',
    `The file "${fileName}" does not match the SHA-1 that Modrinth publishes.`,
    'Try again; if it happens twice, do not use it.',
  );
