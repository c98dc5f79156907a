/** The rows of the artifact store: sources (request → artifact) and artifacts. */
import { advisoryLocks, type Database, type EntityManager } from '@zlh/database';
import { decodeCursor, encodeCursor, type Page } from '@zlh/http';
import { randomUUID } from 'node:crypto';
import type { ArtifactFormat } from '../importers/importer.ts';
import type { ArtifactSource } from '@zlh/artifacts';
import { CatalogArtifact, CatalogSource } from './schema.ts';

/** An artifact as one request led to it. */
export interface Stored {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly format: ArtifactFormat;
  readonly fileName: string;
}

/** An artifact as the list shows it. */
export interface ArtifactView {
  readonly sha256: string;
  readonly size: number;
  readonly fileName: string;
  readonly origin: string;
  readonly importedAt: string;
}

export class Records {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(key: string): Promise<Stored | null> {
    return this.#database.fork().findOne(CatalogSource, { key });
  }

  /** Records what a request led to; the same artifact may have come by another way before. */
  async keep(
    key: string,
    importer: string,
    request: Readonly<Record<string, unknown>>,
    stored: Stored,
    origin: string,
  ): Promise<void> {
    const { sha256, size, format, fileName } = stored;
    const importedAt = new Date();
    await this.#database.transaction(async (em) => {
      await holdContent(em, sha256);
      await em.upsert(
        CatalogArtifact,
        { id: randomUUID(), sha256, size, fileName, origin, importedAt },
        { onConflictFields: ['sha256'], onConflictAction: 'ignore' },
      );
      await em.upsert(CatalogSource, {
        key,
        importer,
        request,
        sha256,
        size,
        format,
        fileName,
        importedAt,
      });
    });
  }

  async forget(key: string): Promise<void> {
    await this.#database.transaction((em) => em.nativeDelete(CatalogSource, { key }));
  }

  /** Of one importer, the oldest first. */
  async sources(importer: string): Promise<readonly ArtifactSource[]> {
    return this.#database
      .fork()
      .find(CatalogSource, { importer }, { orderBy: { importedAt: 'asc', key: 'asc' } });
  }

  /**
   * Takes a source away. Where it was the last one of its content, that is taken away too, by `remove`, before anybody
   * can note down a new source of it.
   */
  async discard(key: string, remove: (sha256: string) => Promise<void>): Promise<void> {
    await this.#database.transaction(async (em) => {
      const source = await em.findOne(CatalogSource, { key });
      if (source === null) return;
      const { sha256 } = source;
      await holdContent(em, sha256);
      await em.nativeDelete(CatalogSource, { key });
      if ((await em.count(CatalogSource, { sha256 })) > 0) return;
      await em.nativeDelete(CatalogArtifact, { sha256 });
      await remove(sha256);
    });
  }

  /** Newest first. */
  async list(limit: number, cursor: string | undefined): Promise<Page<ArtifactView>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const older =
      after === undefined
        ? {}
        : {
            $or: [
              { importedAt: { $lt: after.createdAt } },
              { importedAt: after.createdAt, id: { $lt: after.id } },
            ],
          };
    const rows = await this.#database.fork().find(CatalogArtifact, older, {
      orderBy: { importedAt: 'desc', id: 'desc' },
      limit: limit + 1,
    });
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const nextCursor =
      rows.length > limit && last !== undefined
        ? encodeCursor({ createdAt: last.importedAt, id: last.id })
        : null;
    return {
      items: shown.map(({ sha256, size, fileName, origin, importedAt }) => ({
        sha256,
        size,
        fileName,
        origin,
        importedAt: importedAt.toISOString(),
      })),
      nextCursor,
    };
  }

  /** The hashes of all artifacts, in pages of the caller's choosing, for checks of the whole store. */
  async *all(): AsyncGenerator<ArtifactView> {
    let cursor: string | undefined;
    do {
      const page = await this.list(200, cursor);
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
}

/** Until the end of the transaction nobody else notes down or takes away a source of this content. */
async function holdContent(em: EntityManager, sha256: string): Promise<void> {
  const lock = 'select pg_advisory_xact_lock(?, hashtext(?))';
  await em.execute(lock, [advisoryLocks.artifactRecords, sha256]);
}
