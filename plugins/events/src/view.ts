/**
 * What one reader of events may see: their own, and those of instances shared with them; administrators see all. Asked in
 * the order in which things happen: what comes after a share was taken back is not shown, however long looking takes.
 */
import type { Contribution, Logger } from '@zlh/kernel';
import type { Identity } from '@zlh/http';
import type { Audience, DomainEvent } from './index.ts';
import type { Reader } from './outbox.ts';

interface Use {
  readonly audiences: readonly Contribution<Audience>[];
  readonly log: Logger;
}

export class View {
  readonly #use: Use;
  readonly #identity: Identity;
  #shared: ReadonlySet<string> = new Set();
  /** Whether what is shared has to be read before the next answer. */
  #outdated: boolean;

  constructor(use: Use, identity: Identity) {
    this.#use = use;
    this.#identity = identity;
    this.#outdated = !identity.administrator;
  }

  /** For what is read from the database at once. Throws when what is shared cannot be read. */
  async reader(): Promise<Reader | null> {
    const { administrator, id } = this.#identity;
    if (this.#outdated) await this.#look();
    return administrator ? null : { userId: id, shared: this.#shared };
  }

  /** Ask one after the other. What is shared is read again once the event says that it has changed. */
  async shows(event: DomainEvent): Promise<boolean> {
    const { userId, instanceId } = event;
    if (this.#identity.administrator) return true;
    if (this.#changes(event)) this.#outdated = true;
    if (userId === null) return false;
    if (userId === this.#identity.id) return true;
    if (instanceId === null) return false;
    if (this.#outdated)
      await this.#look().catch((error: unknown) => {
        // Better too little than what was taken back; the next event asks again.
        this.#use.log.warn({ err: error }, 'what is shared with a reader could not be read');
      });
    return !this.#outdated && this.#shared.has(instanceId);
  }

  #changes({ type, userId }: DomainEvent): boolean {
    return (
      userId === this.#identity.id &&
      this.#use.audiences.some(({ value }) => value.changedBy === type)
    );
  }

  async #look(): Promise<void> {
    const lists = await Promise.all(
      this.#use.audiences.map(({ value }) => value.instancesOf(this.#identity.id)),
    );
    this.#shared = new Set(lists.flat());
    this.#outdated = false;
  }
}
