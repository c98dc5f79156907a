/**
 * Whether the server answers, known from one connection that is asked every two seconds. Guarantees: a server that is gone,
 * or silent behind a broken network, is noticed within ten seconds, and its return within a second.
 */
import type { Logger, MonotonicClock } from '@zlh/kernel';

/** One open connection. */
export interface Session {
  /** Resolves when the server answered. */
  ping(): Promise<void>;
  /** Called once when the connection has ended, for whatever reason. */
  onEnd(ended: () => void): void;
  destroy(): void;
}

interface AvailabilityDeps {
  readonly clock: MonotonicClock;
  readonly log: Logger;
  connect(): Promise<Session>;
  /** What hangs on the server hangs in vain: called each time the server goes away. */
  onAway(): void;
}

const pingEveryMs = 2000;
const answersWithinMs = 8000;
const retryMs = 250;

export class Availability {
  readonly #deps: AvailabilityDeps;
  #watching: Promise<void> | undefined;
  #stopped = false;
  #away: 'no' | 'gone' | 'silent' = 'no';
  /** Ends the wait that is going on. */
  #wake: () => void = () => undefined;

  constructor(deps: AvailabilityDeps) {
    this.#deps = deps;
  }

  get isAway(): boolean {
    return this.#away !== 'no';
  }

  /** A new connection would hang, where a server that is merely gone refuses at once. */
  get isSilent(): boolean {
    return this.#away === 'silent';
  }

  begin(): void {
    this.#watching = this.#watch();
  }

  async end(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      const session = await this.#connect();
      if (session === undefined) continue;
      this.#back();
      await this.#pingUntilBroken(session);
      session.destroy();
    }
  }

  /** Undefined where it did not work: only then is the server gone, and not this connection alone. */
  async #connect(): Promise<Session | undefined> {
    const connecting = this.#deps.connect();
    try {
      return await this.#within(answersWithinMs, connecting);
    } catch (error) {
      connecting.then((session) => session.destroy()).catch(() => undefined); // told already
      this.#goAway(error);
      await this.#pause(retryMs);
      return undefined;
    }
  }

  async #pingUntilBroken(session: Session): Promise<void> {
    let ended = false;
    session.onEnd(() => {
      ended = true;
      this.#wake();
    });
    for (;;) {
      await this.#pause(pingEveryMs);
      if (ended || this.#stopped) return;
      try {
        await this.#within(answersWithinMs, session.ping());
      } catch (error) {
        if (!ended) this.#goAway(error);
        return;
      }
    }
  }

  #goAway(error: unknown): void {
    if (this.#stopped) return;
    const wasAway = this.isAway;
    this.#away = error instanceof Late ? 'silent' : 'gone';
    if (wasAway) return;
    this.#deps.log.error({ err: error }, 'the database does not answer; requests get 503');
    this.#deps.onAway();
  }

  #back(): void {
    if (!this.isAway) return;
    this.#away = 'no';
    this.#deps.log.info('the database answers again');
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#deps.clock.after(ms, resolve);
      this.#wake = () => {
        callOff();
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
  }

  #within<T>(ms: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = this.#deps.clock.after(ms, () => reject(new Late(ms)));
      this.#wake = () => reject(new Error('The connection ended.'));
      void work.then(resolve, reject).finally(callOff);
    });
  }
}

class Late extends Error {
  constructor(ms: number) {
    super(`The server did not answer within ${ms / 1000} s.`);
  }
}
