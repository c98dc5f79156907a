/**
 * The artifact store: what was imported, by the hash of its content. `ensure` brings in what is missing, once
 * for all callers of this process and one at a time over all processes; a blob is in the store before any row
 * says so, so a crash at any moment leaves at most a blob nobody asks for yet.
 *
 * Rows are shared by all processes of the platform, blobs perhaps not: a row whose blob is not in this
 * process's store is imported again.
 */
import type { ArtifactRef } from '@zlh/agent';
import type { Database } from '@zlh/database';
import { CodedError, type Contribution, type Logger } from '@zlh/kernel';
import type { Readable } from 'node:stream';
import { importerUnknown } from '../errors.ts';
import { importCancelled } from '../importers/errors.ts';
import type { ArtifactSource, ArtifactStore, ArtifactWanted } from '@zlh/artifacts';
import type { BlobStore, ImporterKind } from '../index.ts';
import { withImportLock } from './import-lock.ts';
import { Records, type Stored } from './records.ts';
import { runImport } from './run-import.ts';
import { SharedWork, type Waiter } from './shared-work.ts';
import { sourceKey } from './source-key.ts';
import { hashOf, verifying } from './verify.ts';

export interface StoreGround {
  readonly blobs: BlobStore;
  /** Folder for imports under way, on the file system of the blobs where that is possible. */
  readonly workFolder: string;
  readonly database: Database;
  readonly importers: readonly Contribution<ImporterKind>[];
  readonly log: Logger;
}

/** Imports that one process runs at the same time. */
const importsAtOnce = 4;

export class ImportingArtifactStore implements ArtifactStore {
  readonly records: Records;
  readonly #ground: StoreGround;
  readonly #imports = new SharedWork<Stored>(importsAtOnce);

  constructor(ground: StoreGround) {
    this.#ground = ground;
    this.records = new Records(ground.database);
  }

  async ensure(
    wanted: readonly ArtifactWanted[],
    { signal, progress }: Waiter,
  ): Promise<readonly ArtifactRef[]> {
    const shares = wanted.map(() => 0);
    const report = (index: number) => (share: number | null) => {
      if (share === null || share <= shares[index]!) return;
      shares[index] = share;
      progress(shares.reduce((sum, each) => sum + each, 0) / shares.length);
    };
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const all = wanted.map(async (each, index) => {
      try {
        return await this.#ensureOne(each, { signal: either, progress: report(index) });
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    try {
      return await Promise.all(all);
    } catch (error) {
      await Promise.allSettled(all);
      throw signal.aborted && !(error instanceof CodedError)
        ? importCancelled(wanted.map(({ name }) => name).join(', '))
        : error;
    }
  }

  async read(
    sha256: string,
    range?: { readonly start: number; readonly end?: number },
  ): Promise<{ readonly size: number; readonly stream: Readable } | null> {
    const { blobs } = this.#ground;
    const size = await blobs.size(sha256);
    if (size === null) return null;
    const stream = await blobs.read(sha256, range);
    const whole =
      range === undefined ||
      (range.start === 0 && (range.end === undefined || range.end >= size - 1));
    return {
      size,
      stream: whole ? verifying(stream, sha256, () => this.#quarantine(sha256)) : stream,
    };
  }

  /** Bytes, or null when it is not in store. */
  size(sha256: string): Promise<number | null> {
    return this.#ground.blobs.size(sha256);
  }

  /** Imports it anew the next time it is wanted; instances that have the artifact of before keep it. */
  async forget({ importer, request }: ArtifactWanted): Promise<void> {
    await this.records.forget(await keyOf(this.#importer(importer), request));
  }

  sources(importer: string): Promise<readonly ArtifactSource[]> {
    return this.records.sources(importer);
  }

  async discard({
    importer,
    request,
  }: Pick<ArtifactSource, 'importer' | 'request'>): Promise<void> {
    const key = await keyOf(this.#importer(importer), request);
    await this.records.discard(key, (sha256) => this.#ground.blobs.delete(sha256));
  }

  async verify(sha256: string): Promise<boolean | null> {
    const { blobs } = this.#ground;
    if ((await blobs.size(sha256)) === null) return null;
    if ((await hashOf(await blobs.read(sha256))) === sha256) return true;
    await this.#quarantine(sha256);
    return false;
  }

  async #ensureOne(wanted: ArtifactWanted, waiter: Waiter): Promise<ArtifactRef> {
    const importer = this.#importer(wanted.importer);
    const key = await keyOf(importer, wanted.request);
    const stored =
      (await this.#find(key)) ??
      (await this.#imports.join(key, waiter, (signal, progress) =>
        this.#bringIn(key, importer, wanted, signal, progress),
      ));
    waiter.progress(1);
    return reference(wanted, stored);
  }

  /** What the request led to before, if its blob is here and has the right size. */
  async #find(key: string): Promise<Stored | null> {
    const { blobs } = this.#ground;
    const source = await this.records.find(key);
    if (source === null) return null;
    const size = await blobs.size(source.sha256);
    if (size !== null && size !== source.size) await this.#quarantine(source.sha256);
    return size === source.size ? source : null;
  }

  #importer(id: string): ImporterKind {
    const { importers } = this.#ground;
    const found = importers.find(({ value }) => value.id === id);
    if (found !== undefined) return found.value;
    const known = importers.map(({ value }) => value.id);
    throw importerUnknown(id, known);
  }

  #bringIn(
    key: string,
    importer: ImporterKind,
    { request }: ArtifactWanted,
    signal: AbortSignal,
    progress: (share: number | null) => void,
  ): Promise<Stored> {
    const { database, blobs, workFolder, log } = this.#ground;
    return withImportLock(database, key, signal, async (held) => {
      const meanwhile = await this.#find(key); // by the process that held the lock before us
      if (meanwhile !== null) return meanwhile;
      const begun = performance.now();
      log.info({ importer: importer.id, request }, `importing from the ${importer.upstream}`);
      const job = { blobs, workFolder, importer, request, key, signal: held, progress };
      for (;;) {
        const { stored, origin } = await runImport(job);
        await this.records.keep(key, importer.id, request, stored, origin);
        const { sha256, size: bytes } = stored;
        // The same content may have been let go of between the move into the store and the row.
        if ((await blobs.size(sha256)) === null) continue;
        log.info({ origin, sha256, bytes, ms: Math.round(performance.now() - begun) }, 'imported');
        return stored;
      }
    });
  }

  async #quarantine(sha256: string): Promise<void> {
    this.#ground.log.error(
      { sha256 },
      'a stored artifact is damaged; it was put aside and will be imported again',
    );
    await this.#ground.blobs.quarantine(sha256);
  }
}

async function keyOf(importer: ImporterKind, request: ArtifactWanted['request']): Promise<string> {
  const fingerprint = await importer.fingerprint?.(request);
  return sourceKey(importer.id, request, fingerprint);
}

function reference(
  { name, executable }: ArtifactWanted,
  { sha256, size, format, fileName }: Stored,
): ArtifactRef {
  const ref = { name, sha256, size, format };
  return format === 'file'
    ? { ...ref, fileName, ...(executable === undefined ? {} : { executable }) }
    : ref;
}
