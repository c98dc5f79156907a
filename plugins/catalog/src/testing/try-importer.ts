/** Runs one importer as the store does, in a work folder of its own. For tests of importers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@zlh/kernel';
import type { ImportedArtifact, ImporterKind, ImportProgress } from '../index.ts';

export interface Trial {
  readonly artifact: ImportedArtifact;
  readonly reports: readonly ImportProgress[];
}

/** `look` sees what was imported before the work folder goes. */
export async function tryImporter<T>(
  importer: ImporterKind,
  request: Readonly<Record<string, unknown>>,
  look: (trial: Trial) => Promise<T> | T,
  signal: AbortSignal = new AbortController().signal,
): Promise<T> {
  const workDir = mkdtempSync(join(tmpdir(), 'zlh-import-'));
  const reports: ImportProgress[] = [];
  try {
    const artifact = await importer.import(request, {
      signal,
      workDir,
      onProgress: (report) => void reports.push(report),
    });
    return await look({ artifact, reports });
  } finally {
    rmSync(workDir, { recursive: true });
  }
}

/** The coded error that an import fails with, as `CODE message`; throws when it succeeds. */
export async function importFault(
  importer: ImporterKind,
  request: Readonly<Record<string, unknown>>,
): Promise<string> {
  try {
    await tryImporter(importer, request, () => {});
  } catch (error) {
    if (error instanceof CodedError) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('the import succeeded');
}
