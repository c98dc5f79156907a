/**
 * Runs the agent's operations: one at a time, each id once, resumed after a crash from its first
 * unfinished phase. Only a kind declared as interrupting may break into a running one: a stop into a start,
 * and a kill into everything. A kill bypasses one that holds the maintenance.
 */
import type { Contribution, Logger } from '@zlh/kernel';
import type { AgentOperation } from '../contract/operation.ts';
import { within } from '../lib/promises.ts';
import type { Maintenance } from '../supervisor/maintenance.ts';
import {
  calledOff,
  cancelled,
  crashed,
  ending,
  inMaintenance,
  interrupted,
  kindMisnamed,
  kindTwice,
  notSaved,
  OperationConflict,
  reused,
} from './errors.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { OperationKind } from '../contract/operation-kind.ts';
import { ended, fresh, phaseRunner } from './record.ts';

interface Running {
  readonly id: string;
  readonly abort: AbortController;
  readonly settled: Promise<void>;
}

/** How long an interrupted operation may take to let go. */
const LET_GO_MS = 1_000;
/**
 * Agents that may die at one phase: more than somebody's restarts would cost it, few enough for one that the operation
 * itself takes down. After them it may only clean up, and if that takes another, not even that.
 */
export const MOST_DEATHS = 8;
/** Remembered ids cancelled before they came; their requests are on their way for seconds at most. */
const MOST_CALLED_OFF = 64;

export class Operations {
  readonly #journal: Journal;
  readonly #log: Logger;
  readonly #changed: () => void;
  readonly #maintenance: Maintenance;
  readonly #kinds = new Map<string, OperationKind>();
  /** More than one only while a kill goes by the holder of the maintenance. */
  #running: Running[] = [];
  #calledOff: readonly string[] = [];
  #closed = false;

  constructor(journal: Journal, log: Logger, changed: () => void, maintenance: Maintenance) {
    this.#journal = journal;
    this.#log = log;
    this.#changed = changed;
    this.#maintenance = maintenance;
  }

  /** Throws `AGENT_OPERATION_KIND_TWICE`. */
  define<Input>(kind: OperationKind<Input>): void {
    if (this.#kinds.has(kind.kind)) throw kindTwice(kind.kind);
    this.#kinds.set(kind.kind, kind);
  }

  /** Of a plugin; throws `AGENT_OPERATION_KIND_MISNAMED` too. */
  defineOf({ plugin, value }: Contribution<OperationKind>): void {
    // The rooms of a feature share its name: `files` here is the plugin `agent-files`.
    const feature = plugin.replace(/^agent-/, '');
    if (!value.kind.startsWith(`${feature}.`)) throw kindMisnamed(feature, value.kind);
    this.define(value);
  }

  /** The one that runs now. */
  get current(): AgentOperation | null {
    const running = this.#running.at(-1);
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
    if (this.#calledOff.includes(id)) throw calledOff();
    const definition = this.#kinds.get(kind);
    if (definition === undefined) throw new TypeError(`no operation "${kind}" is defined`);
    this.#assertFree(definition);
    const operation = fresh(id, definition);
    this.#accept(operation, input, definition);
    this.#run(operation, input, definition);
    return this.get(id) ?? operation;
  }

  holdsMaintenance(id: string): boolean {
    return this.#maintenance.holder === id;
  }

  /**
   * Asks a running operation to end, also of the next agent; answers it as it is now, undefined when there is none. Its
   * request may have been overtaken by this one: it is refused then.
   */
  cancel(id: string): AgentOperation | undefined {
    if (this.get(id) === undefined)
      this.#calledOff = [...this.#calledOff, id].slice(-MOST_CALLED_OFF);
    this.#quietly(() => this.#journal.requestCancel(id));
    this.#running.find((each) => each.id === id)?.abort.abort(cancelled());
    return this.get(id);
  }

  /** Goes on with what an earlier agent had begun. */
  resume(): void {
    const unfinished = this.#journal.unfinished();
    const last =
      unfinished.findLast(({ operation }) => this.#interrupts(operation)) ?? unfinished.at(-1);
    const { holder } = this.#maintenance;
    for (const entry of unfinished) {
      const { operation, input } = entry;
      const definition = this.#kinds.get(operation.kind);
      const goesOn = operation.id === last?.operation.id || operation.id === holder;
      if (!goesOn || definition === undefined) {
        this.#save(ended(operation, 'cancelled', interrupted()), input);
        continue;
      }
      const deaths = this.#deathsOf(entry, definition);
      const cancel = entry.cancelRequested === true ? cancelled() : undefined;
      if (deaths > MOST_DEATHS) {
        const how = cancel === undefined ? 'failed' : 'cancelled';
        this.#save(ended(operation, how, cancel ?? crashed(deaths)), input);
        continue;
      }
      this.#log.info(
        { operationId: operation.id, kind: operation.kind, deaths },
        'going on with an operation',
      );
      const givenUp = cancel ?? (deaths === MOST_DEATHS ? crashed(deaths) : undefined);
      this.#run(operation, input, definition, givenUp);
    }
    // Its operation is not known any more: nobody else would ever open the lock.
    if (holder !== null && !this.#running.some(({ id }) => id === holder))
      this.#maintenance.release(holder);
  }

  /** Lets go of what runs, to be resumed by the next agent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { id, abort } of this.#running) {
      this.#quietly(() => this.#journal.forgive(id));
      abort.abort(ending());
    }
    await within(LET_GO_MS, Promise.all(this.#running.map(({ settled }) => settled)));
  }

  /** How many agents it has cost so far. Whoever interrupts is what one calls for when nothing else works. */
  #deathsOf(entry: JournalEntry, { interrupts }: OperationKind): number {
    if (interrupts === true) return 0;
    return this.#quietly(() => this.#journal.died(entry)) ?? 0;
  }

  #assertFree(definition: OperationKind): void {
    const { current } = this;
    const { interrupts = [] } = definition;
    if (interrupts === true && (current === null || !this.#interrupts(current))) return;
    const { reason, holder } = this.#maintenance;
    if (reason !== null) throw inMaintenance(reason, this.get(holder ?? ''));
    if (current === null || (interrupts !== true && interrupts.includes(current.kind))) return;
    throw new OperationConflict(current);
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

  /** `givenUp`: it is told so from the start, and only cleans up. */
  #run(
    operation: AgentOperation,
    input: unknown,
    definition: OperationKind,
    givenUp?: Error,
  ): void {
    const before = this.#running.find(({ id }) => id !== this.#maintenance.holder);
    const abort = new AbortController();
    if (givenUp !== undefined) abort.abort(givenUp);
    const settled = this.#perform(operation, input, definition, abort.signal, before);
    this.#running = this.#running.filter((each) => each !== before);
    this.#running.push({ id: operation.id, abort, settled });
    this.#changed();
    void settled.then(() => {
      this.#running = this.#running.filter(({ id }) => id !== operation.id);
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
    const named = { operationId: start.id, kind: start.kind };
    this.#log.info(named, 'the operation runs');
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
      const maintain = (reason: string) => this.#hold(operation.id, reason);
      await definition.run({ operationId: start.id, input, signal, maintain, phase });
      update(ended(operation, 'succeeded', null));
      this.#log.info(named, 'the operation has succeeded');
    } catch (error) {
      if (this.#closed) return;
      const { code } = (signal.reason ?? {}) as { code?: string };
      const state = signal.aborted && code !== 'AGENT_OPERATION_CRASHED' ? 'cancelled' : 'failed';
      update(ended(operation, state, signal.aborted ? signal.reason : error));
      this.#log.warn({ ...named, err: error }, `the operation has ${state}`);
    }
    // Not when the agent ends: the lock is the next agent's, together with the operation.
    this.#maintenance.release(operation.id);
  }

  #hold(id: string, reason: string): void {
    try {
      this.#maintenance.hold(id, reason);
    } catch (error) {
      throw notSaved(error);
    }
  }

  #save(operation: AgentOperation, input: unknown, durable = true): void {
    this.#quietly(() => {
      if (durable) this.#journal.put({ operation, input });
      else this.#journal.hold({ operation, input });
    });
    this.#changed();
  }

  #quietly<T>(write: () => T): T | undefined {
    try {
      return write();
    } catch (error) {
      this.#log.error({ err: error }, 'the journal could not be written');
      return undefined;
    }
  }
}
