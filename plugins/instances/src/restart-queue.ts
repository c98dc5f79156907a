/**
 * Decides when which instance is looked after. Guarantees: a notice is acted on at once; failures alone lengthen the
 * pause before the next try; health forgives them at once; no instance is begun more than once a second.
 */
import type { MonotonicClock } from '@zlh/kernel';

interface RestartQueueDeps {
  readonly clock: MonotonicClock;
  /** Looks after one instance; a rejection counts as a failure, and is tried again. */
  work(id: string): Promise<void>;
}

interface Job {
  /** In a row. */
  failures: number;
  wanted: boolean;
  begunAt: number;
  /** Ends the pause that the job is in. */
  callOff: (() => void) | undefined;
}

export const minGapMs = 1000;
export const maxPauseMs = 5 * 60_000;
const maxConcurrent = 4;
/** One that takes longer no longer keeps others waiting: an agent that never answers is given a minute. */
const slotMs = 5000;

export class RestartQueue {
  readonly #deps: RestartQueueDeps;
  readonly #jobs = new Map<string, Job>();
  readonly #line: string[] = [];
  readonly #running = new Set<Promise<void>>();
  #busySlots = 0;
  #closed = false;

  constructor(deps: RestartQueueDeps) {
    this.#deps = deps;
  }

  /** Something says that the instance needs looking after. An instance that just failed is in its pause already. */
  request(id: string): void {
    if (this.#closed) return;
    const known = this.#jobs.get(id);
    const job = known ?? newJob();
    job.wanted = true;
    if (known !== undefined) return; // it runs, or its pause ends with it
    this.#jobs.set(id, job);
    this.#enqueue(id);
  }

  /** The instance was heard: what failed before says nothing about it any more. */
  forgive(id: string): void {
    const job = this.#jobs.get(id);
    if (job === undefined || job.failures === 0) return;
    job.failures = 0;
    if (job.callOff === undefined) return;
    job.callOff();
    this.#pause(id, job, 0);
  }

  /** Resolves when nothing runs any more; nothing is begun from here on. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { callOff } of this.#jobs.values()) callOff?.();
    this.#line.length = 0;
    await Promise.all(this.#running);
  }

  #enqueue(id: string): void {
    this.#line.push(id);
    this.#next();
  }

  #next(): void {
    while (!this.#closed && this.#busySlots < maxConcurrent) {
      const id = this.#line.shift();
      if (id === undefined) return;
      const running = this.#run(id, this.#jobs.get(id)!).finally(() =>
        this.#running.delete(running),
      );
      this.#running.add(running);
    }
  }

  async #run(id: string, job: Job): Promise<void> {
    Object.assign(job, { wanted: false, begunAt: this.#deps.clock.now() });
    const free = this.#takeSlot();
    try {
      await this.#deps.work(id);
      job.failures = 0;
    } catch {
      // `work` has told why.
      job.failures += 1;
      job.wanted = true;
    }
    free();
    if (!this.#closed) this.#pause(id, job, pauseAfter(job.failures));
  }

  #pause(id: string, job: Job, pauseMs: number): void {
    const { clock } = this.#deps;
    const gapMs = job.begunAt + minGapMs - clock.now();
    job.callOff = clock.after(Math.max(pauseMs, gapMs, 0), () => {
      job.callOff = undefined;
      if (job.wanted) this.#enqueue(id);
      else this.#jobs.delete(id);
    });
  }

  /** Answers how to give it back, which may be done twice. */
  #takeSlot(): () => void {
    this.#busySlots += 1;
    let taken = true;
    const free = () => {
      callOff();
      if (!taken) return;
      taken = false;
      this.#busySlots -= 1;
      this.#next();
    };
    const callOff = this.#deps.clock.after(slotMs, free);
    return free;
  }
}

const newJob = (): Job => ({
  failures: 0,
  wanted: true,
  begunAt: -Infinity,
  callOff: undefined,
});

/** Zero where nothing failed. */
function pauseAfter(failures: number): number {
  return failures === 0 ? 0 : Math.min(minGapMs * 2 ** (failures - 1), maxPauseMs);
}
