/**
 * One import: a fresh work folder, the importer, the hash of what it left, the move into the store. The work
 * folder goes away whatever the outcome; what a crash leaves of it is removed by the next import of the same
 * source, which holds the same lock, or by {@link sweepImports}.
 */
import type { Database } from '@zlh/database';
import { CodedError } from '@zlh/kernel';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join, relative } from 'node:path';
import { diskFull, importerMisbehaved } from '../errors.ts';
import { importCancelled } from '../importers/errors.ts';
import type { BlobStore, ImporterKind } from '../index.ts';
import { ifUnlocked } from './import-lock.ts';
import type { Stored } from './records.ts';
import { hashOf } from './verify.ts';

export interface ImportJob {
  readonly blobs: BlobStore;
  readonly workFolder: string;
  readonly importer: ImporterKind;
  readonly request: Readonly<Record<string, unknown>>;
  /** Of the source; the caller holds its lock. */
  readonly key: string;
  readonly signal: AbortSignal;
  progress(share: number | null): void;
}

export async function runImport(
  job: ImportJob,
): Promise<{ readonly stored: Stored; readonly origin: string }> {
  const ownFolder = join(job.workFolder, job.key);
  const workDir = join(ownFolder, randomUUID());
  try {
    await rm(ownFolder, { recursive: true, force: true });
    await mkdir(workDir, { recursive: true, mode: 0o700 });
    return await importInto(workDir, job);
  } catch (error) {
    throw told(error, job);
  } finally {
    await rm(ownFolder, { recursive: true, force: true });
  }
}

async function importInto(
  workDir: string,
  { importer, request, blobs, signal, progress }: ImportJob,
) {
  const onProgress = ({ fraction }: { readonly fraction: number | null }) =>
    progress(fraction === null ? null : fraction * 0.97);
  const { file, format, fileName, origin } = await importer.import(request, {
    signal,
    workDir,
    onProgress,
  });
  const inside = relative(workDir, file);
  if (inside === '' || inside.startsWith('..'))
    throw importerMisbehaved(importer.id, 'left its file outside of its work folder');
  const info = await lstat(file);
  if (!info.isFile()) throw importerMisbehaved(importer.id, 'left something that is not a file');
  signal.throwIfAborted();
  const sha256 = await hashOf(createReadStream(file, { highWaterMark: 1024 * 1024 }));
  await blobs.put(sha256, file);
  return {
    stored: { sha256, size: info.size, format, fileName: safeName(fileName) },
    origin: origin.replace(/\s+/g, ' ').slice(0, 1000),
  };
}

/** What people and agents accept as a file's name. */
function safeName(name: string): string {
  return (
    name
      .replace(/[^A-Za-z0-9._+-]/g, '_')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 128) || 'artifact'
  );
}

/** Importers may let errors of the file system through; people get a sentence. */
function told(error: unknown, { signal, workFolder, importer }: ImportJob): unknown {
  if (error instanceof CodedError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(workFolder, error);
  return signal.aborted ? importCancelled(`an artifact from the ${importer.upstream}`) : error;
}

/** Removes what crashed imports left behind, sparing those that another process is busy with. */
export async function sweepImports(workFolder: string, database: Database): Promise<void> {
  for (const key of await leftovers(workFolder)) {
    await ifUnlocked(database, key, () =>
      rm(join(workFolder, key), { recursive: true, force: true }),
    );
  }
}

async function leftovers(workFolder: string): Promise<string[]> {
  try {
    return (await readdir(workFolder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
