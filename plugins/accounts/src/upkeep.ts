/** Throws away what is over: sessions, attempts and recorded answers. */
import type { Logger } from '@zlh/kernel';
import type { RecordedAnswers } from './idempotency.ts';
import type { Sessions } from './sessions.ts';
import type { Throttle } from './throttle.ts';

interface Parts {
  readonly log: Logger;
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  readonly recordedAnswers: RecordedAnswers;
}

const everyMs = 10 * 60_000;

export class Upkeep {
  readonly #parts: Parts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  begin(): void {
    this.#timer = setInterval(() => {
      this.#running = this.run();
    }, everyMs).unref();
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async run(): Promise<void> {
    const { sessions, throttle, recordedAnswers, log } = this.#parts;
    try {
      await sessions.prune();
      await throttle.prune();
      await recordedAnswers.prune();
    } catch (error) {
      log.warn(
        { err: error },
        'what is over could not be thrown away; it is tried again in ten minutes',
      );
    }
  }
}
