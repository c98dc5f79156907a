/**
 * What a server's agent says about it, asked for while somebody looks at it: at once when its state changes, and every
 * few seconds while it runs, since players and memory move without an event. Keeps the last minutes for the spark lines.
 */
import type { ReactiveController } from 'lit';
import { ask } from '../api/client.ts';
import type { AgentStatus, Instance } from '../api/schema.ts';
import type { ZlhElement } from '../base/element.ts';
import type { Reading } from '../instance-figures/instance-figures.ts';

const EVERY_MS = 5_000;
const MOST = 120;

/** Readings by instance: they outlive the page, so that coming back to it shows them. */
const kept = new Map<string, Reading[]>();
const MOST_KEPT = 50;

export class StatusFeed implements ReactiveController {
  status: AgentStatus | undefined;
  #host: ZlhElement;
  #instance: () => Instance | undefined;
  #seen = '';
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: ZlhElement, instance: () => Instance | undefined) {
    this.#host = host;
    this.#instance = instance;
    host.addController(this);
  }

  get readings(): readonly Reading[] {
    return kept.get(this.#instance()?.id ?? '') ?? [];
  }

  hostConnected(): void {
    this.#timer = setInterval(() => {
      if (!document.hidden && this.#instance()?.observed === 'running') void this.#ask();
    }, EVERY_MS);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
  }

  hostUpdate(): void {
    const instance = this.#instance();
    if (!instance) return;
    const seen = `${instance.id} ${instance.observed} ${instance.ready}`;
    if (seen === this.#seen) return;
    if (!this.#seen.startsWith(instance.id)) this.status = undefined;
    this.#seen = seen;
    if (instance.observed !== 'provisioning') void this.#ask();
  }

  async #ask(): Promise<void> {
    const id = this.#instance()?.id;
    if (!id) return;
    const path = { id };
    try {
      const status = await ask(
        this.#host.connection.client.GET('/api/instances/{id}/status', { params: { path } }),
      );
      if (this.#instance()?.id !== id) return;
      this.status = status;
      if (status.state === 'running') keep(id, status);
    } catch {
      return; // The pill already says that the agent is away; the figures keep what they last knew.
    }
    this.#host.requestUpdate();
  }
}

function keep(id: string, { players, usage }: AgentStatus): void {
  const readings = [...(kept.get(id) ?? []), { at: new Date().toISOString(), players, usage }];
  kept.delete(id);
  kept.set(id, readings.slice(-MOST));
  const oldest = kept.keys().next().value;
  if (kept.size > MOST_KEPT && oldest) kept.delete(oldest);
}
