/**
 * Runs one claimed operation, from its first unfinished phase to its end. Every write is fenced: it only counts
 * while the row still belongs to this worker, so a process that was thought dead cannot overwrite its successor.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { CodedError, type Logger } from '@zlh/kernel';
import type { Database, EntityManager } from '@zlh/database';
import type { Events } from '@zlh/events';
import { Problem } from '@zlh/http';
import type { OperationKind, PhaseContext, PhaseDefinition } from './index.ts';
import { publishChange, type DurableOperations } from './operations.ts';
import type { EndState, OperationRecord, Phase } from './record.ts';

export interface RunnerGround {
  readonly database: Database;
  readonly events: Events;
  readonly operations: DurableOperations;
  readonly log: Logger;
}

/** Why a running phase is told to stop. */
export type Interruption = 'cancelled' | 'released';

/** The row belongs to somebody else by now; whatever this process still does must not count. */
class Fenced extends Error {}

const progressEveryMs = 200;

export class Runner {
  readonly #ground: RunnerGround;
  readonly #record: OperationRecord;
  readonly #kind: OperationKind;
  readonly #worker: string;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  #interruption: Interruption | undefined;
  #progressTimer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(ground: RunnerGround, record: OperationRecord, kind: OperationKind, worker: string) {
    this.#ground = ground;
    this.#record = record;
    this.#kind = kind;
    this.#worker = worker;
    this.#log = ground.log.child({
      operationId: record.id,
      kind: record.kind,
      ...(record.instance_id === null ? {} : { instanceId: record.instance_id }),
    });
  }

  /** `cancelled` is the user's wish; `released` leaves the operation to another process. */
  interrupt(why: Interruption): void {
    this.#interruption ??= why;
    this.#abort.abort(new Error(why));
  }

  async run(): Promise<void> {
    try {
      if (this.#record.undoing === null) await this.#forward();
      if (this.#record.undoing !== null) await this.#backward(this.#record.undoing);
    } catch (error) {
      if (error instanceof Fenced) this.#log.warn('another process has taken this operation over');
      else await this.#setAside(error);
    } finally {
      clearTimeout(this.#progressTimer);
    }
  }

  async #forward(): Promise<void> {
    if (this.#record.cancel_requested) return this.#turnBack('cancelled', null);
    for (const [index, definition] of this.#kind.phases.entries()) {
      const phase = this.#record.phases[index]!;
      if (phase.state === 'succeeded') continue;
      const failure = await this.#runPhase(definition, phase);
      if (failure === undefined) continue;
      if (this.#interruption === 'released') return this.#release();
      const cancelled = this.#interruption === 'cancelled';
      finish(phase, cancelled ? 'cancelled' : 'failed');
      if (!cancelled) this.#log.warn({ err: failure, phase: phase.name }, 'a phase failed');
      return this.#turnBack(
        cancelled ? 'cancelled' : 'failed',
        cancelled ? null : describe(failure),
      );
    }
    await this.#end('succeeded');
  }

  async #runPhase(
    definition: PhaseDefinition<Record<string, unknown>>,
    phase: Phase,
  ): Promise<unknown> {
    phase.state = 'running';
    phase.startedAt ??= new Date().toISOString();
    await this.#write({ takeovers: this.#record.takeovers });
    try {
      if (this.#interruption !== undefined) throw new Error(this.#interruption);
      await definition.run(this.#context(phase));
    } catch (error) {
      if (error instanceof Fenced) throw error;
      return error ?? new Error('it failed without saying why');
    }
    finish(phase, 'succeeded');
    await this.#write({ takeovers: 0 });
    return undefined;
  }

  /** A cancelled operation takes back what it did. So does a failed one that cannot be retried. */
  async #turnBack(end: EndState, error: OperationRecord['error']): Promise<void> {
    this.#record.error = error;
    for (const phase of this.#record.phases) if (phase.state === 'pending') phase.state = 'skipped';
    if (end === 'failed' && this.#kind.retriable === true) return this.#end('failed');
    this.#record.undoing = end;
    await this.#write({});
  }

  async #backward(end: EndState): Promise<void> {
    // The signal that cancelled the phases must not cancel their undoing.
    const undoing = new AbortController();
    if (this.#interruption === 'released') return this.#release();
    this.#abort.signal.addEventListener(
      'abort',
      () => this.#interruption === 'released' && undoing.abort(),
      { once: true },
    );
    for (const [index, definition] of [...this.#kind.phases.entries()].reverse()) {
      if (this.#record.phases[index]!.startedAt === null || definition.undo === undefined) continue;
      try {
        await definition.undo(this.#context(this.#record.phases[index]!, undoing.signal));
      } catch (error) {
        if (error instanceof Fenced) throw error;
        if (undoing.signal.aborted) return this.#release();
        this.#log.error({ err: error, phase: definition.name }, 'a phase could not be taken back');
        this.#record.error = {
          code: 'operations.undo-failed',
          detail: `"${definition.name}" could not be taken back: ${describe(error).detail}`,
        };
        return this.#end('failed');
      }
    }
    await this.#end(end);
  }

  async #end(state: EndState): Promise<void> {
    const record = this.#record;
    await this.#settle();
    record.state = state;
    record.undoing = null;
    record.finished_at = new Date();
    await this.#ground.database.transaction(async (em) => {
      await this.#update(em, `state = '${state}', finished_at = now(), worker = null`);
      await this.#kind.ended?.(em, {
        id: record.id,
        instanceId: record.instance_id,
        input: record.input,
        state,
        journal: record.journal,
        error: record.error,
      });
      await publishChange(this.#ground.events, em, record, this.#ground.operations.show(record));
    });
    this.#log.info(
      { state, ...(record.error === null ? {} : { error: record.error }) },
      record.title,
    );
  }

  /** What happened could not be written down. Leave it to a later try; without a database the lock is lost anyway. */
  async #setAside(error: unknown): Promise<void> {
    this.#log.error({ err: error }, 'the operation could not be recorded; it goes on in a second');
    await wait(1000);
    try {
      await this.#ground.database.fork().execute(
        `update operations_operation set state = 'queued', worker = null, takeovers = takeovers + 1
         where id = ? and worker = ?`,
        [this.#record.id, this.#worker],
      );
    } catch (again) {
      this.#log.warn({ err: again }, 'it stays with this process until its lock is lost');
    }
  }

  /** Puts it back into the queue, for another process or for this one's successor. */
  async #release(): Promise<void> {
    await this.#settle();
    await this.#ground.database.transaction((em) =>
      this.#update(em, `state = 'queued', worker = null`),
    );
  }

  #context(phase: Phase, signal = this.#abort.signal): PhaseContext<Record<string, unknown>> {
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
        await this.#write({});
      },
      progress: (share) => {
        phase.progress =
          share === null ? null : Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;
        this.#progressTimer ??= setTimeout(() => this.#writeLater(), progressEveryMs);
      },
    };
  }

  #writeLater(): void {
    this.#progressTimer = undefined;
    this.#writing = this.#writeProgress(this.#writing);
  }

  async #writeProgress(before: Promise<void>): Promise<void> {
    await before;
    try {
      await this.#write({});
    } catch (error) {
      this.#log.debug({ err: error }, 'progress was not recorded');
    }
  }

  async #settle(): Promise<void> {
    clearTimeout(this.#progressTimer);
    this.#progressTimer = undefined;
    await this.#writing;
  }

  async #write({ takeovers = this.#record.takeovers }: { takeovers?: number }): Promise<void> {
    this.#record.takeovers = takeovers;
    await this.#ground.database.transaction(async (em) => {
      await this.#update(em, `takeovers = ${takeovers}`);
      await publishChange(
        this.#ground.events,
        em,
        this.#record,
        this.#ground.operations.show(this.#record),
      );
    });
  }

  async #update(em: EntityManager, assignments: string): Promise<void> {
    const { id, phases, journal, error, undoing } = this.#record;
    const rows = await em.execute<unknown[]>(
      `update operations_operation set phases = ?::jsonb, journal = ?::jsonb, error = ?::jsonb, undoing = ?, ${assignments}
       where id = ? and worker = ? returning id`,
      [
        JSON.stringify(phases),
        JSON.stringify(journal),
        error === null ? null : JSON.stringify(error),
        undoing,
        id,
        this.#worker,
      ],
    );
    if (rows.length === 0) throw new Fenced();
  }
}

function finish(phase: Phase, state: 'succeeded' | 'failed' | 'cancelled'): void {
  phase.state = state;
  phase.finishedAt = new Date().toISOString();
  if (state === 'succeeded') phase.progress = 1;
}

function describe(error: unknown): { code: string; detail: string } {
  if (error instanceof CodedError)
    return { code: error.code, detail: `${error.message} ${error.hint}` };
  if (error instanceof Problem) return { code: error.code, detail: error.message };
  // The message of an unexpected error may hold addresses or paths: it goes to the log, not to the user.
  return {
    code: 'operations.unexpected',
    detail:
      'Something unexpected happened. Retry it; if it fails again, give the host the id of this operation.',
  };
}
