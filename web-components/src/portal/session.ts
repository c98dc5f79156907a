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
    connection.addEventListener('signed-out', () => this.#left());
  }

  async ask(): Promise<void> {
    this.#set('asking');
    try {
      this.entered((await ask(this.#connection.client.GET('/api/auth/me'))).user);
    } catch (thrown) {
      this.error = asApiError(thrown);
      this.setupRequired = this.error.setupRequired;
      this.#set(this.error.status === 401 ? 'out' : 'unknown');
    }
  }

  entered(user: User): void {
    this.#connection.me = user;
    this.#connection.live.start();
    void this.#connection.instances.load();
    this.#set('in');
  }

  /** Signs out. Whatever the platform answers, nothing of this person stays on the page. */
  async leave(): Promise<void> {
    try {
      await ask(this.#connection.client.POST('/api/auth/logout'));
    } finally {
      this.#left();
    }
  }

  #left(): void {
    if (this.state === 'out') return;
    this.#connection.reset();
    this.#set('out');
  }

  #set(state: typeof this.state): void {
    this.state = state;
    this.#changed();
  }
}
