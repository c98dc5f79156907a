/**
 * Runs the agent's operations: one at a time, each id once, resumed after a crash from its first
 * unfinished phase. Only what is declared as interrupting (kill) may break into a running one.
 */
import { CodedError, type Logger } from '@zlh/kernel';
import type { AgentOperation, AgentPhase, OperationState } from '../contract/operation.ts';
import { within } from '../lib/promises.ts';
import type { Journal } from './journal.ts';

export interface OperationContext<Input> {
  readonly input: Input;
  /** Aborts when the operation is cancelled or the agent ends. */
  readonly signal: AbortSignal;
  /** Runs `work` unless an earlier try finished it; reports its progress. */
  phase(name: string, work: (progress: (share: number) => void) => Promise<void>): Promise<void>;
}

export interface OperationKind<Input = unknown> {
  /** `start`, or `<plugin>.<verb>`. */
  readonly kind: string;
  readonly phases: readonly string[];
  /** Cancels whatever runs instead of being refused, and is accepted even when the disk is full. */
  readonly interrupts?: boolean;
  run(context: OperationContext<Input>): Promise<void>;
}

export class OperationConflict extends CodedError {
  readonly operation: AgentOperation;

  constructor(operation: AgentOperation) {
    super(
      'AGENT_OPERATION_IN_THE_WAY',
      `The operation "${operation.kind}" is running.`,
      'Wait until it has ended, or cancel it.',
    );
    this.operation = operation;
  }
}

interface Running {
  readonly id: string;
  readonly abort: AbortController;
  readonly settled: Promise<void>;
}

/** How long an interrupted operation may take to let go. */
const LET_GO_MS = 1_000;
const ending = new CodedError(
  'AGENT_ENDING',
  'The agent is ending.',
  'It goes on after its restart.',
);

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
    this.#kinds.set(kind.kind, kind as OperationKind);
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
    this.#running?.abort.abort(ending);
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

function phaseRunner(
  current: () => AgentOperation,
  update: (operation: AgentOperation, durable?: boolean) => void,
): OperationContext<unknown>['phase'] {
  const change = (name: string, change: Partial<AgentPhase>, durable = true) => {
    const phases = current().phases.map((each) =>
      each.name === name ? { ...each, ...change } : each,
    );
    update({ ...current(), phases }, durable);
  };
  return async (name, work) => {
    const phase = current().phases.find((each) => each.name === name);
    if (phase === undefined) throw new TypeError(`"${name}" is no phase of "${current().kind}"`);
    if (phase.state === 'succeeded') return;
    change(name, { state: 'running', startedAt: phase.startedAt ?? now(), progress: null });
    await work((share) => {
      const progress = Math.min(1, Math.floor(share * 100) / 100);
      const shown = current().phases.find((each) => each.name === name)?.progress;
      if (progress !== shown) change(name, { progress }, false);
    });
    change(name, { state: 'succeeded', progress: 1, finishedAt: now() });
  };
}

function fresh(id: string, { kind, phases }: OperationKind): AgentOperation {
  const pending = { state: 'pending', progress: null, startedAt: null, finishedAt: null } as const;
  return {
    id,
    kind,
    state: 'queued',
    phases: phases.map((name) => ({ name, ...pending })),
    error: null,
    createdAt: now(),
    finishedAt: null,
  };
}

function ended(operation: AgentOperation, state: OperationState, error: unknown): AgentOperation {
  const finishedAt = now();
  const phases = operation.phases.map((phase): AgentPhase => {
    if (phase.state === 'running') return { ...phase, state: phaseEnd(state), finishedAt };
    return phase.state === 'pending' ? { ...phase, state: 'skipped' } : phase;
  });
  return {
    ...operation,
    state,
    phases,
    finishedAt,
    error: error === null ? null : describe(error),
  };
}

function phaseEnd(state: OperationState): AgentPhase['state'] {
  return state === 'succeeded' || state === 'cancelled' ? state : 'failed';
}

function describe(error: unknown): { code: string; detail: string } {
  if (error instanceof CodedError)
    return { code: error.code, detail: `${error.message} ${error.hint}` };
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return {
      code: 'AGENT_DISK_FULL',
      detail: 'The disk is full. Free some space, then try again.',
    };
  }
  return { code: 'AGENT_INTERNAL', detail: `The agent failed: ${message ?? String(error)}.` };
}

const now = () => new Date().toISOString();

const cancelled = () =>
  new CodedError('AGENT_OPERATION_CANCELLED', 'It was cancelled.', 'Ask again when it is wanted.');
const interrupted = () =>
  new CodedError(
    'AGENT_OPERATION_INTERRUPTED',
    'A kill interrupted it.',
    'Ask again when it is wanted.',
  );
const reused = ({ id, kind }: AgentOperation) =>
  new CodedError(
    'AGENT_OPERATION_ID_REUSED',
    `The operation id "${id}" belongs to a "${kind}" already.`,
    'Use a new id for each operation.',
  );
const notSaved = (cause: unknown) =>
  new CodedError(
    'AGENT_STATE_UNWRITABLE',
    `The agent cannot write its state (${String((cause as NodeJS.ErrnoException).code)}).`,
    'Free some space on its disk, then try again.',
    { cause },
  );
