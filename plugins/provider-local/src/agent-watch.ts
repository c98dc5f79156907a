/**
 * Notices within a second that an agent's process has ended: one that was killed says nothing, and its silence would
 * be heard only after half a minute. It also watches agents that an earlier platform started.
 */
import { isAgentOf } from './processes.ts';

const lookEveryMs = 1000;

export class AgentWatch {
  readonly #ended: (instanceId: string) => void;
  readonly #watched = new Map<string, { readonly pid: number; readonly folder: string }>();
  readonly #timer = setInterval(() => this.#look(), lookEveryMs);

  /** `ended` is called once for each agent that is gone without having been forgotten. */
  constructor(ended: (instanceId: string) => void) {
    this.#ended = ended;
  }

  watch(instanceId: string, pid: number, folder: string): void {
    this.#watched.set(instanceId, { pid, folder });
  }

  /** Before it is ended on purpose. */
  forget(instanceId: string): void {
    this.#watched.delete(instanceId);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#watched.clear();
  }

  #look(): void {
    for (const [instanceId, { pid, folder }] of this.#watched) {
      // Its number may be somebody else's by now.
      if (isAgentOf(pid, folder)) continue;
      this.#watched.delete(instanceId);
      this.#ended(instanceId);
    }
  }
}
