/** Who is signed in, as far as the portal knows: asked once at the start, and again whenever the platform says 401. */
import { ask } from '../api/client.ts';
import type { Connection } from '../api/connection.ts';
import { asApiError } from '../api/problem.ts';
import type { ApiError } from '../api/problem.ts';
import type { User } from '../api/schema.ts';

export class Session {
  state: 'asking' | 'in' | 'out' | 'unknown' = 'asking';
  /** Why it is unknown: the platform did not answer. */
  error: ApiError | undefined;
  /** The platform waits for its first administrator. */
  setupRequired = false;
  #connection: Connection;
  #changed: () => void;

  constructor(connection: Connection, changed: () => void) {
    this.#connection = connection;
    this.#changed = changed;
    connection.addEventListener('signed-out', () => void this.#left());
  }

  async ask(): Promise<void> {
    this.#set('asking');
    const parts = this.#connection.parts.load();
    try {
      const { user } = await ask(this.#connection.client.GET('/api/auth/me'));
      await parts;
      this.#enter(user);
    } catch (thrown) {
      this.error = asApiError(thrown);
      this.setupRequired = this.error.setupRequired;
      await parts;
      this.#setWithParts(this.error.status === 401 ? 'out' : 'unknown');
    }
  }

  /** Somebody has just signed in: there are other parts for them than for a stranger. */
  async entered(user: User): Promise<void> {
    await this.#connection.parts.load();
    this.#enter(user);
  }

  /** Signs out. Whatever the platform answers, nothing of this person stays on the page. */
  async leave(): Promise<void> {
    try {
      await ask(this.#connection.client.POST('/api/auth/logout'));
    } finally {
      await this.#left();
    }
  }

  #enter(user: User): void {
    this.#connection.me = user;
    this.#connection.live.start();
    this.#setWithParts('in');
  }

  async #left(): Promise<void> {
    if (this.state === 'out' || this.state === 'asking') return;
    this.#connection.reset();
    this.#set('asking');
    await this.#connection.parts.load();
    this.#setWithParts('out');
  }

  /** Without its parts the portal has nothing to show. */
  #setWithParts(state: 'in' | 'out' | 'unknown'): void {
    const { error } = this.#connection.parts;
    if (error) this.error = error;
    this.#set(error ? 'unknown' : state);
  }

  #set(state: typeof this.state): void {
    this.state = state;
    this.#changed();
  }
}
