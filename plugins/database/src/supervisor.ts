/**
 * Keeps the embedded server running: one that ended is started again. Guarantees: a server that is killed again and again
 * is started at most once a second; failed starts alone lengthen the pause.
 */
import type { Logger, MonotonicClock } from '@zlh/kernel';

interface SupervisorDeps {
  readonly clock: MonotonicClock;
  readonly log: Logger;
  readonly server: {
    isRunning(): boolean;
    /** Rejects when the signal aborts, or the server does not come up. */
    restart(signal: AbortSignal): Promise<void>;
  };
}

const pollMs = 250;
const minGapMs = 1000;
const maxPauseMs = 30_000;

export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #stopping = new AbortController();
  #callOff: () => void = () => undefined;
  #restarting: Promise<void> | undefined;
  #failures = 0;
  #restartedAt = -Infinity;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
  }

  begin(): void {
    this.#lookAfter(pollMs);
  }

  /** From here on nothing is started any more. */
  async end(): Promise<void> {
    this.#stopping.abort();
    this.#callOff();
    await this.#restarting;
  }

  #lookAfter(delayMs: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#callOff = this.#deps.clock.after(delayMs, () => this.#look());
  }

  #look(): void {
    const { clock, server, log } = this.#deps;
    if (server.isRunning()) return this.#lookAfter(pollMs);
    const gapMs = this.#restartedAt + minGapMs - clock.now();
    if (gapMs > 0) return this.#lookAfter(gapMs);
    log.error('the embedded PostgreSQL has ended; starting it again');
    this.#restarting = this.#restart().then((pauseMs) => this.#lookAfter(pauseMs));
  }

  /** Answers when to look again. */
  async #restart(): Promise<number> {
    const { clock, server, log } = this.#deps;
    this.#restartedAt = clock.now();
    try {
      await server.restart(this.#stopping.signal);
      this.#failures = 0;
      log.info('the embedded PostgreSQL runs again');
      return pollMs;
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        log.error({ err: error }, 'the embedded PostgreSQL could not be started; trying again');
      this.#failures += 1;
      return Math.min(minGapMs * 2 ** (this.#failures - 1), maxPauseMs);
    }
  }
}
