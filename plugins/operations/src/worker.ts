/**
 * Claims operations and runs them. What a process that died or stands still had claimed is taken over: half a second after
 * its death, a lease after its last beat.
 */
import type { Logger, MonotonicClock } from '@zlh/kernel';
import type { Database } from '@zlh/database';
import type { Events } from '@zlh/events';
import { lockOf, Membership } from './membership.ts';
import type { DurableOperations } from './operations.ts';
import type { OperationMeter } from './operation-metrics.ts';
import { giveUpUnknown, letOrphansFollow } from './precedence.ts';
import { columns, type OperationRecord } from './record.ts';
import { Runner } from './runner.ts';

interface WorkerDeps {
  readonly clock: MonotonicClock;
  readonly database: Database;
  readonly events: Events;
  readonly operations: DurableOperations;
  readonly meter: OperationMeter;
  readonly log: Logger;
  readonly config: {
    readonly concurrency: number;
    readonly keepDays: number;
    readonly leaseSeconds: number;
  };
}

const sweepMs = 500;
const pruneEveryMs = 3_600_000;

export class Worker {
  readonly #deps: WorkerDeps;
  readonly #membership: Membership;
  readonly #running = new Map<string, { runner: Runner; done: Promise<void> }>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #state: 'idle' | 'open' | 'draining' = 'idle';
  #prunedAt = -Infinity;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#membership = new Membership(deps, {
      woken: (id) => void this.#woken(id),
      lost: () => this.#release(),
    });
  }

  async open(): Promise<void> {
    this.#state = 'open';
    await this.#membership.join();
    this.#timer = setInterval(() => this.#tick(), sweepMs);
    this.#look();
  }

  /** Stops claiming, interrupts what runs and puts it back into the queue. */
  async drain(): Promise<void> {
    this.#state = 'draining';
    clearInterval(this.#timer);
    await this.#looking;
    this.#release();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#membership.leave();
  }

  /** Null when the queue is being worked on; otherwise why not. */
  health(): string | null {
    return this.#membership.isMember
      ? null
      : 'The worker of operations has no connection to the database.';
  }

  #tick(): void {
    // Not in the look: that one may hang on what only the end of the lease sets free.
    this.#membership.keepUp();
    this.#look();
  }

  #release(): void {
    for (const { runner } of this.#running.values()) runner.interrupt('released');
  }

  #look(): void {
    if (this.#state !== 'open') return;
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.#lookOnce()
      .catch((error: unknown) =>
        this.#deps.log.warn({ err: error }, 'the queue of operations cannot be read; trying again'),
      )
      .finally(() => {
        this.#looking = undefined;
        if (!this.#lookAgain) return;
        this.#lookAgain = false;
        this.#look();
      });
  }

  async #lookOnce(): Promise<void> {
    if (!this.#membership.isMember) await this.#membership.join();
    await this.#membership.expelFrozen();
    await this.#takeOver();
    await this.#letFollow();
    while (this.#state === 'open' && this.#running.size < this.#deps.config.concurrency) {
      const record = await this.#claim();
      if (record === undefined) break;
      this.#begin(record);
    }
    await this.#interruptCancelled();
    await this.#prune();
  }

  /** Puts operations back into the queue that nobody runs: their process is dead, or could not record what it did. */
  async #takeOver(): Promise<void> {
    const em = this.#deps.database.fork();
    const rows = await em.execute<{ id: string }[]>(
      `update operations_operation set state = 'queued', worker = null, takeovers = takeovers + 1, fence = fence + 1
       where state = 'running' and ((worker = ? and not id = any(?::uuid[])) or not exists (${lockOf('worker')})
         or exists (select from operations_worker where number = worker and expelled))
       returning id`,
      [this.#membership.number, `{${[...this.#running.keys()].join(',')}}`],
    );
    for (const { id } of rows)
      this.#deps.log.warn(
        { operationId: id },
        'nobody runs this operation any more: taking it over',
      );
  }

  /** Nothing waits for what nobody can run, or for what an earlier version of the platform has ended. */
  async #letFollow(): Promise<void> {
    const { database, operations } = this.#deps;
    const given = await database.transaction(async (em) => {
      await letOrphansFollow(em);
      return giveUpUnknown(em, operations.kinds());
    });
    for (const { id, kind } of given)
      this.#deps.log.warn({ operationId: id, kind }, 'nobody knows this kind of operation: ended');
  }

  async #claim(): Promise<OperationRecord | undefined> {
    const known = this.#deps.operations.kinds();
    const rows = await this.#deps.database.fork().execute<OperationRecord[]>(
      `update operations_operation set state = 'running', worker = ?, fence = fence + 1
       where id = (select id from operations_operation where state = 'queued' and after is null and kind = any(?::text[])
                   order by created_at for update skip locked limit 1)
       returning ${columns}`,
      [this.#membership.number, `{${known.map((kind) => `"${kind}"`).join(',')}}`],
    );
    return rows[0];
  }

  #begin(record: OperationRecord): void {
    const { log, operations } = this.#deps;
    const runner = new Runner(
      { ...this.#deps, log },
      record,
      operations.kind(record.kind)!,
      String(this.#membership.number),
    );
    const done = runner.run().finally(() => {
      this.#running.delete(record.id);
      this.#look();
    });
    this.#running.set(record.id, { runner, done });
  }

  async #woken(id: string): Promise<void> {
    if (this.#running.has(id)) await this.#interruptCancelled().catch(() => undefined); // the sweep tries again
    else this.#look();
  }

  async #interruptCancelled(): Promise<void> {
    if (this.#running.size === 0) return;
    const rows = await this.#deps.database
      .fork()
      .execute<Pick<OperationRecord, 'id' | 'superseded_by'>[]>(
        'select id, superseded_by from operations_operation where cancel_requested and id = any(?::uuid[])',
        [`{${[...this.#running.keys()].join(',')}}`],
      );
    for (const { id, superseded_by: instead } of rows)
      this.#running.get(id)?.runner.interrupt('cancelled', instead);
  }

  async #prune(): Promise<void> {
    const { clock, database, config } = this.#deps;
    if (clock.now() - this.#prunedAt < pruneEveryMs) return;
    this.#prunedAt = clock.now();
    await database
      .fork()
      .execute(
        `delete from operations_operation where finished_at < now() - make_interval(days => ?)`,
        [config.keepDays],
      );
  }
}
