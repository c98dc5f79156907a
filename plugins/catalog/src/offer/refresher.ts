/** Keeps the versions on offer fresh in the background, from the start of the platform to its end. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@zlh/kernel';
import type { TemplateCatalog } from './catalog.ts';

interface Ground {
  readonly catalog: TemplateCatalog;
  readonly config: { readonly refreshHours: number };
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** How often is looked whether something is due; another process may have asked meanwhile. */
const lookEveryMs = 15 * 60_000;

export class Refresher {
  readonly #ground: Ground;
  readonly #first = Promise.withResolvers<readonly string[]>();
  #running: Promise<void> | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  start(): void {
    if (this.#ground.config.refreshHours > 0) this.#running = this.#run();
    else this.#first.resolve([]);
  }

  /** The names of the upstreams that could not be reached at the start, once that is known. */
  get unreachable(): Promise<readonly string[]> {
    return this.#first.promise;
  }

  /** Resolves when nothing of it runs any more; the plugin's signal has told it to end. */
  async stop(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { catalog, log, signal } = this.#ground;
    while (!signal.aborted) {
      const failed = await catalog.refresh(signal).catch((error: unknown) => {
        if (!signal.aborted)
          log.warn({ err: error }, 'the versions on offer could not be refreshed');
        return [];
      });
      this.#first.resolve(failed);
      await delay(lookEveryMs, undefined, { signal, ref: false }).catch(() => {}); // aborted: the loop ends
    }
  }
}
