/**
 * Notices that an agent's process has ended: one that was killed says nothing, and its silence would be heard only after
 * half a minute. The system tells at once of those that this process started; those of an earlier platform are polled.
 */
import { isRunning, type ProcessId } from '@zlh/kernel';

const pollMs = 250;

export class AgentWatch {
  readonly #ended: (instanceId: string) => void;
  readonly #watched = new Map<string, ProcessId>();
  readonly #timer = setInterval(() => this.check(), pollMs);

  /** `ended` is called once for each agent that is gone without having been forgotten. */
  constructor(ended: (instanceId: string) => void) {
    this.#ended = ended;
  }

  watch(instanceId: string, agent: ProcessId): void {
    this.#watched.set(instanceId, agent);
  }

  /** Before it is ended on purpose. */
  forget(instanceId: string): void {
    this.#watched.delete(instanceId);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#watched.clear();
  }

  /** Now, rather than at the next poll. */
  check(): void {
    for (const [instanceId, agent] of this.#watched) {
      if (isRunning(agent)) continue;
      this.#watched.delete(instanceId);
      this.#ended(instanceId);
    }
  }
}
