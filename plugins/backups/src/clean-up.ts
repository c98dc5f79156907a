/**
 * Takes away the bytes of backups that failed or were deleted, and checkpoints beyond the newest few.
 * Any process may do it, and do it again after a crash.
 */
import type { Database } from '@zlh/database';
import type { Logger } from '@zlh/kernel';
import type { Parts } from './parts.ts';
import { Backup } from './schema.ts';

interface Deps {
  readonly config: { readonly maxCheckpoints: number };
  readonly database: Database;
  readonly parts: Parts;
  readonly log: Logger;
}

const everyMs = 30_000;
const batch = 100;

export class CleanUp {
  readonly #deps: Deps;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  start(): void {
    const { log } = this.#deps;
    this.#running = this.run()
      .catch((error: unknown) => log.warn({ err: error }, 'backups could not be cleaned up'))
      .finally(() => {
        this.#timer = setTimeout(() => this.start(), everyMs).unref();
      });
  }

  async stop(): Promise<void> {
    await this.#running;
    clearTimeout(this.#timer);
  }

  /** Failed backups keep their row, which says why. */
  async run(): Promise<void> {
    const { database, parts, config } = this.#deps;
    await database.fork().execute(
      `update backups_backup set state = 'deleting' where id in (
         select id from (select id, row_number() over (partition by instance_id order by created_at desc) as age
           from backups_backup where type = 'checkpoint' and state <> 'making' and not pinned) as aged
         where age > ?)`,
      [config.maxCheckpoints],
    );
    const em = database.fork();
    const over = await em.find(
      Backup,
      { $or: [{ state: 'deleting' }, { state: 'failed', hasParts: true }] },
      { limit: batch },
    );
    for (const backup of over) {
      await parts.remove(backup);
      if (backup.state === 'deleting') await em.nativeDelete(Backup, { id: backup.id });
      else await em.nativeUpdate(Backup, { id: backup.id }, { hasParts: false });
    }
  }
}
