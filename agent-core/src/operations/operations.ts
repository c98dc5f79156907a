/**
 * Runs the agent's operations: one at a time, each id once, resumed after a crash from its first
 * unfinished phase. Only what is declared as interrupting (kill) may break into a running one.
 */
import type { Logger } from '@zlh/kernel';
import type { AgentOperation } from '../contract/operation.ts';
import { within } from '../lib/promises.ts';
import { cancelled, ending, interrupted, notSaved, OperationConflict, reused } from './errors.ts';
import type { Journal } from './journal.ts';
import type { OperationKind } from '../contract/operation-kind.ts';
import { ended, fresh, phaseRunner } from './record.ts';

interface Running {
  readonly id: string;
  readonly abort: AbortController;
  readonly settled: Promise<void>;
}

/** How long an interrupted operation may take to let go. */
const LET_GO_MS = 1_000;
export class Operations {
  readonly #journal: Journal;
  readonly #log: Logger;
  readonly #changed: () => void;
  readonly #kinds = new Map<string, OperationKind>();
  #running: Running | undefined;
  #closed = false;

  constructor(journal: Journal, log: Logger, changed: () => void) {
    this.#journal = journal;
    this.#log = log;
    this.#changed = changed;
  }

  define<Input>(kind: OperationKind<Input>): void {
    this.#kinds.set(kind.kind, kind);
  }

  /** The one that runs now. */
  get current(): AgentOperation | null {
    const running = this.#running;
    return running === undefined ? null : (this.#journal.get(running.id)?.operation ?? null);
  }

  get(id: string): AgentOperation | undefined {
    return this.#journal.get(id)?.operation;
  }

  /**
   * Begins an operation, or answers the one with this id. Throws {@link OperationConflict}, and
   * `AGENT_OPERATION_ID_REUSED` when the id belongs to one of another kind.
   */
  submit(id: string, kind: string, input: unknown): AgentOperation {
    const known = this.get(id);
    if (known !== undefined) {
      if (known.kind === kind) return known;
      throw reused(known);
    }
    const definition = this.#kinds.get(kind);
    if (definition === undefined) throw new TypeError(`no operation "${kind}" is defined`);
    const current = this.current;
    if (current !== null && (definition.interrupts !== true || this.#interrupts(current))) {
      throw new OperationConflict(current);
    }
    const operation = fresh(id, definition);
    this.#accept(operation, input, definition);
    this.#run(operation, input, definition);
    return this.get(id) ?? operation;
  }

  /** Asks a running operation to end; answers it as it is now, undefined when there is none. */
  cancel(id: string): AgentOperation | undefined {
    if (this.#running?.id === id) this.#running.abort.abort(cancelled());
    return this.get(id);
  }

  /** Goes on with what an earlier agent had begun. */
  resume(): void {
    const unfinished = this.#journal.unfinished();
    const goesOn =
      unfinished.findLast(({ operation }) => this.#interrupts(operation)) ?? unfinished.at(-1);
    for (const { operation, input } of unfinished) {
      const definition = this.#kinds.get(operation.kind);
      if (operation.id !== goesOn?.operation.id || definition === undefined) {
        this.#save(ended(operation, 'cancelled', interrupted()), input);
        continue;
      }
      this.#log.info(
        { operationId: operation.id, kind: operation.kind },
        'going on with an operation',
      );
      this.#run(operation, input, definition);
    }
  }

  /** Lets go of what runs, to be resumed by the next agent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#running?.abort.abort(ending());
    if (this.#running !== undefined) await within(LET_GO_MS, this.#running.settled);
  }

  #interrupts(operation: AgentOperation): boolean {
    return this.#kinds.get(operation.kind)?.interrupts === true;
  }

  #accept(operation: AgentOperation, input: unknown, definition: OperationKind): void {
    try {
      this.#journal.put({ operation, input });
    } catch (error) {
      if (definition.interrupts === true || definition.kind === 'stop') {
        this.#log.error({ err: error }, 'the operation is not on disk; it runs all the same');
        return;
      }
      this.#journal.forget(operation.id);
      throw notSaved(error);
    }
  }

  #run(operation: AgentOperation, input: unknown, definition: OperationKind): void {
    const before = this.#running;
    const abort = new AbortController();
    const settled = this.#perform(operation, input, definition, abort.signal, before);
    this.#running = { id: operation.id, abort, settled };
    this.#changed();
    void settled.then(() => {
      if (this.#running?.id === operation.id) this.#running = undefined;
      this.#changed();
    });
  }

  async #perform(
    start: AgentOperation,
    input: unknown,
    definition: OperationKind,
    signal: AbortSignal,
    before: Running | undefined,
  ): Promise<void> {
    let operation: AgentOperation = { ...start, state: 'running' };
    const update = (next: AgentOperation, durable = true) => {
      operation = next;
      this.#save(next, input, durable);
    };
    update(operation);
    try {
      if (before !== undefined) {
        before.abort.abort(interrupted());
        await within(LET_GO_MS, before.settled);
      }
      const phase = phaseRunner(() => operation, update);
      await definition.run({ input, signal, phase });
      update(ended(operation, 'succeeded', null));
    } catch (error) {
      if (this.#closed) return;
      const state = signal.aborted ? 'cancelled' : 'failed';
      update(ended(operation, state, signal.aborted ? signal.reason : error));
      this.#log.warn(
        { operationId: operation.id, kind: operation.kind, err: error },
        `the operation has ${state}`,
      );
    }
  }

  #save(operation: AgentOperation, input: unknown, durable = true): void {
    try {
      if (durable) this.#journal.put({ operation, input });
      else this.#journal.hold({ operation, input });
    } catch (error) {
      this.#log.error(
        { err: error, operationId: operation.id },
        'the journal could not be written',
      );
    }
    this.#changed();
  }
}
