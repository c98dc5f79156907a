/** What one reader of events may see: their own, and those of instances shared with them; administrators see all. */
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

  private constructor(use: Use, identity: Identity) {
    this.#use = use;
    this.#identity = identity;
  }

  static async of(use: Use, identity: Identity): Promise<View> {
    const view = new View(use, identity);
    if (!identity.administrator) await view.#look();
    return view;
  }

  get reader(): Reader | null {
    const { administrator, id } = this.#identity;
    return administrator ? null : { userId: id, shared: this.#shared };
  }

  shows({ userId, instanceId }: DomainEvent): boolean {
    if (this.#identity.administrator) return true;
    if (userId === null) return false;
    return userId === this.#identity.id || (instanceId !== null && this.#shared.has(instanceId));
  }

  /** Looks again when somebody shared an instance with the reader, or no longer does. */
  follow({ type, userId }: DomainEvent): void {
    if (userId !== this.#identity.id || this.#identity.administrator) return;
    if (!this.#use.audiences.some(({ value }) => value.changedBy === type)) return;
    this.#look().catch((error: unknown) => {
      this.#shared = new Set(); // better too little than what was taken back
      this.#use.log.warn({ err: error }, 'what is shared with a reader could not be read');
    });
  }

  async #look(): Promise<void> {
    const lists = await Promise.all(
      this.#use.audiences.map(({ value }) => value.instancesOf(this.#identity.id)),
    );
    this.#shared = new Set(lists.flat());
  }
}
