/**
 * What the game used lately: a sample at each beat while it runs, and the size of its data folder. Promises bounded
 * memory, and that looking at a large folder costs little of the machine's time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { DiskLook } from '../contract/ground.ts';
import type { UsageReply, UsageSample } from '../contract/history.ts';
import type { AgentStatus } from '../contract/status.ts';
import { diskUsage } from '../lib/disk-usage.ts';
import { freeBytes } from '../lib/machine.ts';
import type { GameRun } from '../supervisor/game-run.ts';
import { UsageMeter } from './usage.ts';

interface Sources {
  readonly run: () => GameRun | undefined;
  readonly dataFolder: string;
  /** Between two samples. */
  readonly beatMs: number;
}

/** An hour of beats. */
const KEPT = 360;
/** The folder is looked at often at first, then each minute, and a large one ever more seldom. */
const FIRST_REST_MS = 1_000;
const MAX_REST_MS = 60_000;
const REST_PER_ENTRY_MS = 1;

export class UsageHistory {
  readonly #sources: Sources;
  readonly #meter = new UsageMeter();
  readonly #stopping = new AbortController();
  #samples: UsageSample[] = [];
  #latest: { readonly runId: string; readonly sample: UsageSample } | undefined;
  #look: (DiskLook & { readonly at: string; readonly freeBytes: number | null }) | null = null;
  readonly #looked = Promise.withResolvers<void>();
  /** For those who want a look that begins after they asked. */
  #next = Promise.withResolvers<void>();
  #hurry = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  start(): void {
    this.#timer = setInterval(() => this.#sample(), this.#sources.beatMs);
    void this.#watchDisk();
  }

  stop(): void {
    this.#stopping.abort();
    clearInterval(this.#timer);
  }

  /** Of now; null when nothing runs. */
  get current(): AgentStatus['usage'] {
    const run = this.#sources.run();
    if (run === undefined) return null;
    if (this.#latest?.runId !== run.id) this.#sample();
    if (this.#latest?.runId !== run.id) return null;
    const { sample } = this.#latest;
    const { memoryBytes, cpuPercent, processes } = sample;
    return { memoryBytes, cpuPercent, processes, diskBytes: this.#look?.usedBytes ?? null };
  }

  get samples(): readonly UsageSample[] {
    return this.#samples;
  }

  get disk(): UsageReply['disk'] {
    if (this.#look === null) return null;
    const { at, usedBytes, freeBytes: free } = this.#look;
    return { at, usedBytes, freeBytes: free };
  }

  get look(): DiskLook | null {
    return this.#look;
  }

  /** Resolves when `look` is known. */
  get looked(): Promise<void> {
    return this.#looked.promise;
  }

  /** Resolves when a look that began after this call has ended. A large folder still gets its rest before. */
  lookAgain(): Promise<void> {
    this.#hurry.abort();
    return this.#next.promise;
  }

  #sample(): void {
    const run = this.#sources.run();
    if (run === undefined || this.#meter.isFresh(run, this.#sources.beatMs / 2)) return;
    const sample = this.#meter.measure(run);
    // Not begun yet, or dead already: that it used nothing would be no figure of it.
    if (sample.processes === 0) return;
    this.#latest = { runId: run.id, sample };
    this.#samples = [...this.#samples.slice(1 - KEPT), sample];
  }

  async #watchDisk(): Promise<void> {
    const { signal } = this.#stopping;
    const { dataFolder } = this.#sources;
    for (let restMs = FIRST_REST_MS; ; restMs = Math.min(restMs * 2, MAX_REST_MS)) {
      const asked = this.#next;
      this.#next = Promise.withResolvers();
      this.#hurry = new AbortController();
      const [at, from] = [new Date().toISOString(), performance.now()];
      const { bytes: usedBytes, entries } = await diskUsage(dataFolder, signal);
      if (signal.aborted) return;
      const until = performance.now();
      this.#look = { at, from, until, usedBytes, freeBytes: freeBytes(dataFolder) };
      this.#looked.resolve();
      asked.resolve();
      const least = entries * REST_PER_ENTRY_MS;
      await pause(least, signal);
      await pause(restMs - least, AbortSignal.any([signal, this.#hurry.signal]));
      if (signal.aborted) return;
    }
  }
}

/** An abort ends it early. */
const pause = (ms: number, signal: AbortSignal) =>
  delay(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
