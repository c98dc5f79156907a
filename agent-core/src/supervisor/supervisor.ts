/**
 * Keeps the one game of this agent in the state its owner wants. There is a single way to start (by
 * hand, by autostart, after a crash, after the agent's own restart), and it ends in readiness told by
 * a probe; there is a single place where a run's end is understood.
 */
import type { Logger } from '@zlh/kernel';
import type { InstanceSpec } from '../contract/spec.ts';
import type { AgentStatus } from '../contract/status.ts';
import { countOomKills, freeBytes } from '../lib/machine.ts';
import { bootId } from '../lib/process-id.ts';
import { abortable, within } from '../lib/promises.ts';
import { findShim, killRun } from '../process/tree.ts';
import { readExitRecord, readScrollback } from '../shim/start.ts';
import { causeOfFailure, classify, type CrashCause, type RunEnd } from './classify.ts';
import { reportCrash, waitUntil } from './crash-policy.ts';
import { errors } from './errors.ts';
import { endOf, findLiveShim, GameRun, type Intent } from './game-run.ts';
import { launchGame, type LaunchOptions } from './launch.ts';
import type { MemoryFile, RunMemory, SupervisorMemory } from './memory.ts';
import { Readiness, type ProbeRegistry } from './readiness.ts';
import { climbStopLadder } from './stop-ladder.ts';

export type SupervisorState = 'stopped' | 'starting' | 'running' | 'stopping' | 'crashed';

export interface SupervisorView extends Pick<
  AgentStatus,
  'ready' | 'readySince' | 'crash' | 'players'
> {
  readonly state: SupervisorState;
}

export interface SupervisorOptions extends LaunchOptions {
  readonly memory: MemoryFile;
  readonly probes: ProbeRegistry;
  readonly log: Logger;
  /** The installed spec, if any. */
  readonly spec: () => InstanceSpec | undefined;
  readonly changed: () => void;
}

interface Attempt {
  readonly settled: Promise<void>;
  readonly abort: AbortController;
}

const TAIL_BYTES = 65_536;
const FIRST_PROBE_MS = 1_500;

export class Supervisor {
  readonly #options: SupervisorOptions;
  #state: SupervisorState = 'stopped';
  #run: GameRun | undefined;
  /** Settles when the end of `#run` has been dealt with. */
  #runOver: Promise<void> = Promise.resolve();
  #readiness: Readiness | undefined;
  #attempt: Attempt | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get view(): SupervisorView {
    const readiness = this.#state === 'running' ? this.#readiness : undefined;
    return {
      state: this.#state,
      ready: readiness?.ready ?? false,
      readySince: readiness?.since ?? null,
      players: readiness?.players ?? null,
      crash: this.#memory.crash,
    };
  }

  /** The run that input goes to; undefined when nothing runs. */
  get run(): GameRun | undefined {
    return this.#run;
  }

  /**
   * Takes up what an earlier agent left: attaches to a live game, understands the end of a dead one,
   * goes on waiting after a crash, or starts again after a boot when the spec says so.
   */
  async recover(): Promise<void> {
    const { runDir, console } = this.#options;
    const before = readScrollback(runDir);
    if (before !== undefined) console.output(before.offset, before.bytes);
    const { run, crash, wanted } = this.#memory;
    if (run !== null) return this.#recoverRun(run);
    if (crash === null) {
      // It was stopped with its agent, see `pause`.
      if (wanted && this.#options.spec()?.autostart === true) this.#startByItself();
      return;
    }
    this.#enter('crashed');
    if (wanted && crash.retryAt !== null) this.#scheduleRetry(crash.retryAt);
  }

  async #recoverRun(memory: RunMemory): Promise<void> {
    const { runDir, log, console, spec } = this.#options;
    const shim = await findLiveShim(runDir, memory.id, findShim);
    if (shim !== undefined) {
      log.info({ runId: memory.id }, 'found the server running');
      this.#adopt(new GameRun(runDir, shim, console, log), memory);
      if (memory.readyAt === null) this.#begin((signal) => this.#awaitReady(memory, signal));
      // Not to be told as unready only because the agent was away.
      return within(FIRST_PROBE_MS, this.#readiness!.firstAnswer);
    }
    const exit = readExitRecord(runDir, memory.id);
    await killRun(memory.id, null);
    if (exit !== undefined || memory.bootId === bootId()) {
      return this.#conclude(memory, endOf(exit), null);
    }
    // The machine went down under the server: not its fault, and it comes back when that is wanted.
    const again = this.#memory.wanted && spec()?.autostart === true;
    this.#remember({ run: null, wanted: again });
    if (again) this.#startByItself();
    else this.#enter('stopped');
  }

  /** Resolves when the server is ready. Rejects with a coded error; an abort ends the server again. */
  async start(signal: AbortSignal): Promise<void> {
    this.#clearRetry();
    if (this.#state === 'running') return;
    // Asked for by a person: earlier crashes are forgotten. This must be on disk before anything runs.
    this.#options.memory.change({ wanted: true, crash: null });
    const { run } = this.#memory;
    const attempt =
      this.#attempt ??
      this.#begin((own) => (run === null ? this.#launch(own) : this.#awaitReady(run, own)));
    try {
      await abortable(attempt.settled, signal);
    } catch (error) {
      if (this.#closed) throw error;
      if (signal.aborted) await this.stop(new AbortController().signal);
      else if (this.#state === 'stopped') this.#remember({ wanted: false });
      throw error;
    }
  }

  /** Resolves when nothing runs any more. An abort leaves a server that still runs running. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#remember({ wanted: false });
    await this.#endAttempt();
    const run = this.#run;
    if (run === undefined) return this.#enter('stopped');
    const before = this.#state;
    run.intent = 'stop';
    this.#enter('stopping');
    try {
      await climbStopLadder(run, this.#options.spec()?.stop ?? [], signal);
      await this.#runOver;
    } catch (error) {
      if (this.#run === run && run.intent === 'stop' && !this.#closed) {
        run.intent = null;
        this.#remember({ wanted: true });
        this.#enter(before);
      }
      throw error;
    }
  }

  /** Stops the server together with the agent: the next agent starts it again if it was wanted. */
  async pause(signal: AbortSignal): Promise<void> {
    const { wanted } = this.#memory;
    await this.stop(signal);
    this.#remember({ wanted });
  }

  /** SIGKILLs whatever there is, at any moment. */
  async kill(): Promise<void> {
    this.#remember({ wanted: false });
    if (this.#run !== undefined) this.#run.intent = 'kill';
    await this.#endAttempt();
    const run = this.#run;
    if (run !== undefined) {
      run.intent = 'kill';
      this.#enter('stopping');
      if (!(await run.kill())) throw errors.unkillable();
      await this.#runOver;
    }
    this.#enter('stopped');
  }

  /** Lets go of the game without ending it. */
  close(): void {
    this.#closed = true;
    this.#clearRetry();
    this.#attempt?.abort.abort(errors.interrupted());
    this.#readiness?.stop();
    this.#run?.detach();
  }

  get #memory(): SupervisorMemory {
    return this.#options.memory.value;
  }

  /** Remembers what can be remembered: a full disk must not keep a server from being stopped. */
  #remember(change: Partial<SupervisorMemory>): void {
    try {
      this.#options.memory.change(change);
    } catch (error) {
      this.#options.log.error(
        { err: error },
        'the state is not on disk; it holds until the agent ends',
      );
    }
  }

  #begin(work: (signal: AbortSignal) => Promise<void>): Attempt {
    const abort = new AbortController();
    this.#enter('starting');
    const settled = work(abort.signal).finally(() => {
      this.#attempt = undefined;
      if (this.#run === undefined && this.#state === 'starting') this.#enter('stopped');
    });
    settled.catch((error: unknown) =>
      this.#options.log.info({ err: error }, 'the server did not start'),
    );
    this.#attempt = { settled, abort };
    return this.#attempt;
  }

  /** After a boot or a crash; what fails before there is a process counts as another crash. */
  #startByItself(): void {
    const attempt = this.#begin((signal) => this.#launch(signal));
    attempt.settled.catch((error: unknown) => {
      const dealtWith =
        this.#run !== undefined || this.#state !== 'stopped' || !this.#memory.wanted;
      if (!dealtWith && !this.#closed) this.#crash(causeOfFailure(error));
    });
  }

  async #endAttempt(): Promise<void> {
    this.#clearRetry();
    const attempt = this.#attempt;
    attempt?.abort.abort(errors.interrupted());
    await attempt?.settled.catch(() => {}); // whoever asked for the start was told
  }

  async #launch(signal: AbortSignal): Promise<void> {
    const { runDir, console, log } = this.#options;
    const spec = this.#options.spec();
    if (spec === undefined) throw errors.notInstalled();
    const remember = (run: RunMemory | null) => this.#options.memory.change({ run });
    const { shim, memory } = await launchGame(spec, this.#options, remember, signal);
    if (this.#closed) return;
    this.#adopt(new GameRun(runDir, shim, console, log), memory);
    await this.#awaitReady(memory, signal);
  }

  #adopt(run: GameRun, memory: RunMemory): void {
    const { spec, probes, console, changed } = this.#options;
    this.#run = run;
    this.#readiness = new Readiness(spec(), probes, console, memory, {
      firstReady: () => {
        this.#remember({ run: { ...memory, readyAt: new Date().toISOString() } });
        if (this.#state === 'starting') this.#enter('running');
      },
      stable: () => {
        this.#remember({ crash: null });
        changed();
      },
      changed,
    });
    this.#enter(memory.readyAt === null ? 'starting' : 'running');
    this.#runOver = run.ended.then((end) => {
      if (this.#closed) return;
      this.#run = undefined;
      this.#conclude(this.#memory.run ?? memory, end, run.intent);
    });
  }

  /** Resolves at readiness; rejects when the run ends, takes too long or is interrupted. */
  async #awaitReady(memory: RunMemory, signal: AbortSignal): Promise<void> {
    const [run, readiness, spec] = [this.#run, this.#readiness, this.#options.spec()];
    if (run === undefined || readiness === undefined || spec === undefined)
      throw errors.notInstalled();
    const elapsed = Math.max(0, Date.now() - Date.parse(memory.startedAt));
    const late = setTimeout(
      () => {
        run.intent ??= 'too-late';
        void run.kill();
      },
      Math.max(0, spec.probe.startupTimeoutMs - elapsed),
    );
    try {
      const over = this.#runOver.then(() => {
        throw errors.notReady(this.#memory.crash);
      });
      await abortable(Promise.race([readiness.whenReady, over]), signal);
    } finally {
      clearTimeout(late);
    }
  }

  /** The one place where the end of a run is understood. */
  #conclude(memory: RunMemory, end: RunEnd, intent: Intent): void {
    const { console, places, log } = this.#options;
    this.#readiness?.stop();
    this.#readiness = undefined;
    this.#remember({ run: null });
    const wasReady = memory.readyAt !== null;
    const asked = intent === 'stop' || intent === 'kill' || !this.#memory.wanted;
    if (asked || (wasReady && end.exitCode === 0)) {
      log.info({ ...end, asked }, 'the server has stopped');
      this.#remember({ wanted: false });
      return this.#enter('stopped');
    }
    const about = {
      wasReady,
      tooLate: intent === 'too-late',
      tail: console.tail(TAIL_BYTES, memory.offset),
      oomKills: countOomKills() - memory.oomKills,
      freeBytes: freeBytes(places.data),
    };
    this.#crash(classify(end, about));
  }

  #crash(cause: CrashCause): void {
    const spec = this.#options.spec();
    if (spec === undefined) return this.#enter('stopped');
    const crash = reportCrash(cause, this.#memory.crash, spec.crash, new Date());
    this.#options.log.warn({ crash }, 'the server has crashed');
    this.#remember({ crash, wanted: !crash.gaveUp });
    this.#enter('crashed');
    if (crash.retryAt !== null) this.#scheduleRetry(crash.retryAt);
  }

  #scheduleRetry(retryAt: string): void {
    const spec = this.#options.spec();
    if (spec === undefined || this.#closed) return;
    this.#clearRetry();
    const wait = waitUntil(retryAt, spec.crash, new Date());
    this.#retry = setTimeout(() => this.#startByItself(), wait);
  }

  #clearRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #enter(state: SupervisorState): void {
    this.#state = state;
    this.#options.changed();
  }
}
