/**
 * Runs one claimed operation, from its first unfinished phase to its end.
 *
 * Guarantees: a write counts only while the row belongs to this worker. A process that was thought
 * dead cannot overwrite its successor.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { CodedError, type Logger, type MonotonicClock } from '@zlh/kernel';
import { isUnreachable, type Database, type EntityManager } from '@zlh/database';
import type { Events } from '@zlh/events';
import { Problem } from '@zlh/http';
import type { OperationKind, PhaseContext, PhaseDefinition, Superseding } from './index.ts';
import { endKind } from './ended.ts';
import type { DurableOperations } from './operations.ts';
import { publishChange, wake } from './publish.ts';
import type { OperationMeter } from './operation-metrics.ts';
import { letFollow } from './precedence.ts';
import { alignPhases, finish, superseded } from './record.ts';
import type { EndState, OperationRecord, Phase } from './record.ts';

export interface RunnerDeps {
  readonly clock: MonotonicClock;
  readonly database: Database;
  readonly events: Events;
  readonly operations: DurableOperations;
  readonly meter: OperationMeter;
  readonly log: Logger;
}

/** Why a running phase is told to stop. */
export type Interruption = 'cancelled' | 'released';

/** The row belongs to somebody else by now; whatever this process still does must not count. */
class Fenced extends Error {}

const progressEveryMs = 200;
const maxAnswerAgeMs = 1000;
/** A phase in which processes keep dying is given up, so that one operation cannot keep the platform down. */
const mostTakeovers = 20;

export class Runner {
  readonly #deps: RunnerDeps;
  readonly #record: OperationRecord;
  readonly #kind: OperationKind;
  readonly #worker: string;
  readonly #log: Logger;
  /** Ends a phase; taking it back ends only when this process has to let go of the operation. */
  readonly #stopped = new AbortController();
  readonly #released = new AbortController();
  #interruption: Interruption | undefined;
  #progressTimer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: RunnerDeps, record: OperationRecord, kind: OperationKind, worker: string) {
    this.#deps = deps;
    this.#record = record;
    this.#kind = kind;
    this.#worker = worker;
    this.#log = deps.log.child({
      operationId: record.id,
      kind: record.kind,
      ...(record.instance_id === null ? {} : { instanceId: record.instance_id }),
    });
    alignPhases(record, kind);
  }

  /**
   * `cancelled` is the user's wish, or that of whoever asked for something `instead`; `released` leaves the operation to
   * another process.
   */
  interrupt(why: Interruption, instead: Superseding | null = null): void {
    this.#record.superseded_by ??= instead;
    if (why === 'released') this.#released.abort(new Error(why));
    if (this.#interruption !== 'released') this.#interruption = why;
    this.#stopped.abort(new Error(why));
  }

  /** Never rejects. What could not be recorded stays with this worker, which takes it up again. */
  async run(): Promise<void> {
    const record = this.#record;
    try {
      if (record.takeovers > 2 * mostTakeovers) return await this.#abandon();
      if (record.takeovers > mostTakeovers && record.undoing === null) {
        this.#turnBack('failed', crashed(record));
      }
      if (record.undoing === null) await this.#forward();
      if (record.undoing !== null) await this.#backward(record.undoing);
    } catch (error) {
      if (error instanceof Fenced) this.#log.warn('another process has taken this operation over');
      else {
        this.#log.error(
          { err: error },
          'the operation could not be recorded; it goes on in a second',
        );
        await wait(1000, undefined, { signal: this.#released.signal }).catch(() => undefined); // the process is stopping
      }
    } finally {
      clearTimeout(this.#progressTimer);
    }
  }

  async #forward(): Promise<void> {
    if (this.#record.cancel_requested) return this.#cancel();
    for (const [index, definition] of this.#kind.phases.entries()) {
      const phase = this.#record.phases[index]!;
      if (phase.state === 'succeeded') continue;
      const failure = await this.#runPhase(definition, phase);
      if (failure === undefined) continue;
      if (this.#interruption === 'released') return this.#release();
      if (this.#interruption === 'cancelled') return this.#cancel();
      // That says nothing about the phase: it is run again when the database is back.
      if (isUnreachable(failure)) throw failure;
      this.#log.warn({ err: failure, phase: phase.name }, 'a phase failed');
      if (this.#kind.retriable !== true) return this.#turnBack('failed', describe(failure));
      // It goes on from here when it is retried, so nothing is taken back.
      this.#closePhases('failed', describe(failure));
      return this.#end('failed');
    }
    await this.#end('succeeded');
  }

  async #runPhase(
    definition: PhaseDefinition<Record<string, unknown>>,
    phase: Phase,
  ): Promise<unknown> {
    phase.state = 'running';
    phase.startedAt ??= new Date().toISOString();
    await this.#write();
    try {
      this.#stopped.signal.throwIfAborted();
      await definition.run(this.#context(phase, this.#stopped.signal));
    } catch (error) {
      if (error instanceof Fenced) throw error;
      return error ?? new Error('it failed without saying why');
    }
    finish(phase, 'succeeded');
    this.#record.takeovers = 0;
    await this.#write();
    return undefined;
  }

  #cancel(): void {
    const instead = this.#record.superseded_by;
    this.#turnBack('cancelled', instead === null ? null : superseded(instead));
  }

  /** A cancelled operation takes back what it did. So does a failed one that cannot be retried. */
  #turnBack(end: 'failed' | 'cancelled', error: OperationRecord['error']): void {
    this.#closePhases(end, error);
    this.#record.undoing = end;
  }

  #closePhases(end: 'failed' | 'cancelled', error: OperationRecord['error']): void {
    this.#record.error = error;
    for (const phase of this.#record.phases) {
      if (phase.state === 'running') finish(phase, end);
      if (phase.state === 'pending') phase.state = 'skipped';
    }
  }

  async #backward(end: EndState): Promise<void> {
    await this.#write();
    for (const [index, definition] of [...this.#kind.phases.entries()].reverse()) {
      const phase = this.#record.phases[index]!;
      if (phase.startedAt === null || definition.undo === undefined) continue;
      if (this.#released.signal.aborted) return this.#release();
      try {
        await definition.undo(this.#context(phase, this.#released.signal));
      } catch (error) {
        if (error instanceof Fenced || isUnreachable(error)) throw error;
        if (this.#released.signal.aborted) return this.#release();
        this.#log.error({ err: error, phase: definition.name }, 'a phase could not be taken back');
        return this.#leaveHalfUndone(definition.name, error);
      }
    }
    await this.#end(end);
  }

  /** Nobody knows what is left of it, so a retry begins from the start. */
  async #leaveHalfUndone(name: string, error: unknown): Promise<void> {
    for (const phase of this.#record.phases)
      if (phase.state === 'succeeded') phase.state = 'cancelled';
    const detail = `"${name}" could not be taken back: ${describe(error).detail}`;
    this.#record.error = { code: 'operations.undo-failed', detail };
    await this.#end('failed');
  }

  /** Neither going on nor taking back comes to an end: at least nobody is to wait for it any longer. */
  async #abandon(): Promise<void> {
    this.#closePhases('failed', crashed(this.#record));
    try {
      await this.#end('failed');
    } catch (error) {
      if (error instanceof Fenced) throw error;
      this.#log.error({ err: error }, 'what its end means for its subject could not be recorded');
      await this.#end('failed', false);
    }
  }

  async #end(state: EndState, tellKind = true): Promise<void> {
    const record = this.#record;
    await this.#settle();
    const { id, instance_id: instanceId, input, journal, error } = record;
    await this.#deps.database.transaction(async (em) => {
      const over = { ...record, state, undoing: null, finished_at: new Date() };
      const supersededBy = await this.#update(
        em,
        over,
        `state = '${state}', finished_at = now(), worker = null`,
      );
      const ended = { id, instanceId, input, state, journal, error, supersededBy };
      if (tellKind) over.result = await endKind(em, this.#kind, ended, this.#log);
      await letFollow(em, id);
      await publishChange(this.#deps.events, em, over, this.#deps.operations.show(over));
    });
    this.#deps.meter.ended(record.kind, state, record.created_at);
    this.#log.info({ state, ...(error === null ? {} : { error }) }, record.title);
  }

  /** Puts it back into the queue, for another process or for this one's successor. */
  async #release(): Promise<void> {
    await this.#settle();
    await this.#deps.database.transaction(async (em) => {
      await this.#update(em, this.#record, `state = 'queued', worker = null`);
      await wake(em, this.#record.id);
    });
  }

  #context(phase: Phase, signal: AbortSignal): PhaseContext<Record<string, unknown>> {
    const record = this.#record;
    return {
      operationId: record.id,
      instanceId: record.instance_id,
      attempt: record.attempt,
      input: record.input,
      log: this.#log,
      signal,
      get journal() {
        return record.journal;
      },
      keep: async (entries) => {
        record.journal = { ...record.journal, ...entries };
        await this.#write();
      },
      transaction: (work) =>
        this.#deps.database.transaction(async (em) => {
          const result = await work(em);
          await this.#fence(em);
          return result;
        }),
      fence: (em) => this.#fence(em),
      checkOwnership: () => this.#checkOwnership(),
      progress: (share) => {
        phase.progress =
          share === null ? null : Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;
        this.#progressTimer ??= setTimeout(() => void this.#writeProgress(), progressEveryMs);
      },
      supersededBy: record.superseded_by,
    };
  }

  /** Until the transaction ends nobody else can take the operation over. */
  async #fence(em: EntityManager): Promise<void> {
    if (!(await this.#isOwned(em, 'for share'))) this.#lost();
  }

  async #checkOwnership(): Promise<void> {
    const { clock, database } = this.#deps;
    for (;;) {
      const askedAt = clock.now();
      if (!(await this.#isOwned(database.fork()))) this.#lost();
      // Frozen since the answer was given: it may be true no more.
      if (clock.now() - askedAt <= maxAnswerAgeMs) return;
    }
  }

  async #isOwned(em: EntityManager, lock = ''): Promise<boolean> {
    const rows = await em.execute<unknown[]>(
      `select from operations_operation where id = ? and worker = ? and fence = ? ${lock}`,
      [this.#record.id, this.#worker, this.#record.fence],
    );
    return rows.length > 0;
  }

  /** Tells everything else of the operation to stop. */
  #lost(): never {
    this.interrupt('released');
    throw new Fenced();
  }

  async #writeProgress(): Promise<void> {
    this.#progressTimer = undefined;
    try {
      await this.#write();
    } catch (error) {
      this.#log.debug({ err: error }, 'progress was not recorded');
    }
  }

  async #settle(): Promise<void> {
    clearTimeout(this.#progressTimer);
    this.#progressTimer = undefined;
    await this.#writing;
  }

  /** One after the other, so that what was known earlier never overwrites what is known now. */
  #write(): Promise<void> {
    const turn = this.#writing.then(() => this.#writeNow());
    this.#writing = turn.catch(() => undefined); // told to whoever asked for this write
    return turn;
  }

  async #writeNow(): Promise<void> {
    const record = this.#record;
    await this.#deps.database.transaction(async (em) => {
      await this.#update(em, record, `takeovers = ${record.takeovers}`);
      await publishChange(this.#deps.events, em, record, this.#deps.operations.show(record));
    });
  }

  /** Answers what was asked for instead, by now. */
  async #update(
    em: EntityManager,
    record: OperationRecord,
    assignments: string,
  ): Promise<Superseding | null> {
    const { id, phases, journal, error, undoing } = record;
    const rows = await em.execute<Pick<OperationRecord, 'superseded_by'>[]>(
      `update operations_operation set phases = ?::jsonb, journal = ?::jsonb, error = ?::jsonb, undoing = ?, ${assignments}
       where id = ? and worker = ? and fence = ? returning superseded_by`,
      [
        JSON.stringify(phases),
        JSON.stringify(journal),
        error === null ? null : JSON.stringify(error),
        undoing,
        id,
        this.#worker,
        record.fence,
      ],
    );
    if (rows[0] === undefined) return this.#lost();
    return rows[0].superseded_by;
  }
}

function crashed({ takeovers }: OperationRecord): { code: string; detail: string } {
  return {
    code: 'operations.crashed',
    detail: `It was given up after ${takeovers} processes died while running it. Give the host the id of this operation.`,
  };
}

function describe(error: unknown): { code: string; detail: string } {
  if (error instanceof CodedError)
    return { code: error.code, detail: `${error.message} ${error.hint}`.trim() };
  if (error instanceof Problem) return { code: error.code, detail: error.message };
  // The message of an unexpected error may hold addresses or paths: it goes to the log, not to the user.
  return {
    code: 'operations.unexpected',
    detail:
      'Something unexpected happened. Retry it; if it fails again, give the host the id of this operation.',
  };
}
