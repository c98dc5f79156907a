/**
 * Since when nobody plays on a server, as this process has heard from its agent.
 * A server that does not say how many play is never empty.
 */
import type { AgentStatus } from '@zlh/agent';
import { monotonicClock } from '@zlh/kernel';

export class EmptyServers {
  readonly #since = new Map<string, number>();
  readonly #now: () => number;

  /** @param now in milliseconds, of a clock that nobody sets */
  constructor(now: () => number = () => monotonicClock.now()) {
    this.#now = now;
  }

  heard(instanceId: string, { state, ready, players }: EmptyReport): void {
    if (state !== 'running' || !ready || players?.online !== 0) this.#since.delete(instanceId);
    else if (!this.#since.has(instanceId)) this.#since.set(instanceId, this.#now());
  }

  forget(instanceId: string): void {
    this.#since.delete(instanceId);
  }

  /** Every empty server, with the minutes that it has been empty. */
  minutes(): ReadonlyMap<string, number> {
    const now = this.#now();
    return new Map([...this.#since].map(([id, since]) => [id, (now - since) / 60_000]));
  }
}

/** The members of an agent's status that tell whether anybody plays. */
export type EmptyReport = Pick<AgentStatus, 'state' | 'ready'> & {
  readonly players?: { readonly online: number | null } | null | undefined;
};
