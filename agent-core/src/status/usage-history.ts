/**
 * What the game used lately: a sample at each beat while it runs, and the size of its data folder. Promises bounded
 * memory, and that looking at a large folder costs little of the machine's time.
 */
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
  #disk: UsageReply['disk'] = null;
  readonly #looked = Promise.withResolvers<void>();
  #timers: NodeJS.Timeout[] = [];

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  start(): void {
    this.#timers = [setInterval(() => this.#sample(), this.#sources.beatMs)];
    void this.#watchDisk(FIRST_REST_MS);
  }

  stop(): void {
    this.#stopping.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Of now; null when nothing runs. */
  get current(): AgentStatus['usage'] {
    const run = this.#sources.run();
    if (run === undefined) return null;
    if (this.#latest?.runId !== run.id) this.#sample();
    const sample = this.#latest?.sample;
    if (sample === undefined) return null;
    const { memoryBytes, cpuPercent, processes } = sample;
    return { memoryBytes, cpuPercent, processes, diskBytes: this.#disk?.usedBytes ?? null };
  }

  get samples(): readonly UsageSample[] {
    return this.#samples;
  }

  get disk(): UsageReply['disk'] {
    return this.#disk;
  }

  /** Resolves when `disk` is known. */
  get looked(): Promise<void> {
    return this.#looked.promise;
  }

  #sample(): void {
    const run = this.#sources.run();
    if (run === undefined) return;
    const sample = this.#meter.measure(run);
    this.#latest = { runId: run.id, sample };
    this.#samples = [...this.#samples.slice(1 - KEPT), sample];
  }

  async #watchDisk(restMs: number): Promise<void> {
    const { signal } = this.#stopping;
    const { dataFolder } = this.#sources;
    const at = new Date().toISOString(); // what is written from now on may have been missed
    const { bytes: usedBytes, entries } = await diskUsage(dataFolder, signal);
    if (signal.aborted) return;
    this.#disk = { at, usedBytes, freeBytes: freeBytes(dataFolder) };
    this.#looked.resolve();
    const rest = Math.max(restMs, entries * REST_PER_ENTRY_MS);
    const next = Math.min(restMs * 2, MAX_REST_MS);
    this.#timers[1] = setTimeout(() => void this.#watchDisk(next), rest);
  }
}
