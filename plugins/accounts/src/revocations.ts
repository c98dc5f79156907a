/**
 * Tells every process when somebody may do less than before: a session, key, grant, role or account is
 * gone, or an instance. Told with the transaction that takes it away, so never before its commit, and never
 * for one that failed.
 */
import type { EntityManager, Notifications } from '@zlh/database';
import type { Revocation, Revocations } from '@zlh/http';

const channel = 'zlh_revocations';

/** `id`: of the user, or of the instance. */
export async function revoke(em: EntityManager, id: string): Promise<void> {
  await em.execute(`select pg_notify('${channel}', ?)`, [id]);
}

export class NotifiedRevocations implements Revocations {
  readonly #notifications: Notifications;
  readonly #listeners = new Set<(revocation: Revocation) => void>();
  #stop: (() => void) | undefined;

  constructor({ notifications }: { notifications: Notifications }) {
    this.#notifications = notifications;
  }

  subscribe(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async begin(): Promise<void> {
    this.#stop = await this.#notifications.listen(channel, {
      heard: (id) => this.#tell({ id }),
      missed: () => this.#tell({ id: null }),
    });
  }

  end(): void {
    this.#stop?.();
  }

  #tell(revocation: Revocation): void {
    for (const listener of this.#listeners) listener(revocation);
  }
}
