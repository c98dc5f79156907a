/**
 * The contract of `events`: something that happened, told after the transaction that made it happen has
 * been committed, to listeners in every process of the platform and to browsers.
 */
import { point, token } from '@zlh/kernel';
import type { EntityManager } from '@zlh/database';

export interface DomainEvent {
  /** Rising; browsers resume after it. */
  readonly id: string;
  /** `instances.changed` */
  readonly type: string;
  readonly at: string;
  /** The user it is for. Administrators see every event; `null` is for administrators alone. */
  readonly userId: string | null;
  readonly instanceId: string | null;
  /** Small and fit for the user's eyes. */
  readonly data: Readonly<Record<string, unknown>>;
}

export type NewEvent = Pick<DomainEvent, 'type' | 'userId' | 'data'> & {
  readonly instanceId?: string | null;
};
export type Listener = (event: DomainEvent) => void;

export interface Events {
  /** Writes the event in the caller's transaction; nobody hears it unless that commits. */
  publish(em: EntityManager, event: NewEvent): Promise<void>;
  /** Hears events of all processes from now on, in order of commit. Answers how to stop hearing. */
  subscribe(listener: Listener): () => void;
  /** The first event that `wanted` accepts; rejects when the signal aborts. */
  next(wanted: (event: DomainEvent) => boolean, signal: AbortSignal): Promise<DomainEvent>;
}
export const Events = token<Events>('events');

/** Whose events one may see besides one's own: those of instances that somebody shared. Never those for administrators alone. */
export interface Audience {
  instancesOf(userId: string): Promise<readonly string[]>;
  /** An event of this type, for a user, says that the answer for them has changed. */
  readonly changedBy: string;
}
export const Audiences = point<Audience>('events.audiences');

/**
 * Called in every process for every event, after commit, at most once, never for what happened while the process was down.
 * What must happen once and surely is an operation started in the same transaction instead.
 */
export const Listeners = point<Listener>('events.listeners');
