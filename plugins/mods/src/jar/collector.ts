/**
 * Takes uploaded jars that no instance holds any more out of the artifact store: at once those that were let go of, and
 * every hour what a process left that ended in between. Each is looked at again in the transaction that takes it away,
 * in which nobody can begin to hold it.
 */
import type { ArtifactStore } from '@zlh/artifacts';
import type { Database } from '@zlh/database';
import type { Logger } from '@zlh/kernel';
import { allHeld, holdStill, isHeld, keyOf } from './holdings.ts';
import { uploadImporterId, type UploadRequest } from './uploads.ts';

interface Ground {
  readonly database: Database;
  readonly artifactStore: ArtifactStore;
  readonly log: Logger;
}

const hour = 60 * 60_000;
/** A version of the platform that runs beside this one may import first and write down afterwards. */
const graceMs = hour;

export class Collector {
  readonly #ground: Ground;
  #last: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  begin(): void {
    const sweep = () => this.#then(() => this.sweep(new Date()));
    this.#timer = setInterval(sweep, hour);
    sweep();
  }

  async end(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#last;
  }

  /** For the transaction that lets go of them: they go when it has come to its end. */
  follow(uploads: readonly UploadRequest[]): void {
    if (uploads.length > 0) this.#then(() => this.#collect(uploads));
  }

  /** What is in store for longer than the grace and held by nobody. */
  async sweep(now: Date): Promise<void> {
    const { artifactStore, database } = this.#ground;
    const held = await allHeld(database.fork());
    const unheld = (await artifactStore.sources(uploadImporterId))
      .filter(({ importedAt }) => now.getTime() - importedAt.getTime() >= graceMs)
      .map(({ request }) => request as unknown as UploadRequest)
      .filter((upload) => !held.has(keyOf(upload)));
    await this.#collect(unheld);
  }

  async #collect(uploads: readonly UploadRequest[]): Promise<void> {
    const { database, artifactStore, log } = this.#ground;
    for (const { sha256, fileName } of uploads) {
      if (this.#stopping) return; // the next process finds it
      await database.transaction(async (em) => {
        await holdStill(em);
        if (await isHeld(em, { sha256, fileName })) return;
        const request = { sha256, fileName };
        await artifactStore.discard({ importer: uploadImporterId, request });
        log.info({ sha256, fileName }, 'an uploaded jar that nobody needs any more is gone');
      });
    }
  }

  /** One after the other; what fails is found again by the next sweep. */
  #then(work: () => Promise<void>): void {
    this.#last = this.#last
      .then(work)
      .catch((error: unknown) =>
        this.#ground.log.warn({ err: error }, 'uploaded jars could not be cleared away'),
      );
  }
}
