/**
 * Keeps the one game of this agent in the state its owner wants. There is a single way to start (by
 * hand, by autostart, after a crash, after the agent's own restart), and it ends in readiness told by
 * a probe; there is a single place where a run's end is understood.
 */
import { CodedError } from '@zlh/kernel';
import type { AgentStatus, CrashReport, ProbeWord } from '../contract/status.ts';
import { bootId } from '@zlh/kernel/process-id';
import { withdrawnCode } from '../install/consent.ts';
import { abortable, within } from '../lib/promises.ts';
import { isCancelled, isInterrupted } from '../operations/errors.ts';
import type { ShimRecord } from '../shim/launch.ts';
import { readScrollback } from '../shim/start.ts';
import { Aftermath, type EndedRun } from './aftermath.ts';
import { waitUntil } from './crash-policy.ts';
import { errors } from './errors.ts';
import type { GameRun } from './game-run.ts';
import { launchGame } from './launch.ts';
import { LiveRun } from './live-run.ts';
import type { RunMemory, SupervisorMemory } from './memory.ts';
import type { SupervisorOptions } from './options.ts';
import { findLeft, type Left } from './recovery.ts';
import { SelfStart } from './self-start.ts';
import { climbStopLadder } from './stop-ladder.ts';

export type SupervisorState = 'stopped' | 'starting' | 'running' | 'stopping' | 'crashed';

export interface SupervisorView extends Pick<
  AgentStatus,
  'ready' | 'readySince' | 'crash' | 'players'
> {
  readonly state: SupervisorState;
  /** It is to run, whether it does or not. */
  readonly wanted: boolean;
  readonly probes: readonly ProbeWord[];
  readonly unresponsiveSince: string | null;
}

interface Attempt {
  readonly settled: Promise<void>;
  readonly abort: AbortController;
}

const FIRST_PROBE_MS = 1_500;
/** How long the end of an earlier run may take before it is told as not over. */
const PATIENCE_MS = 6_000;
/** A machine that goes down ends everything within this time. */
const OUTLIVED_MS = 10_000;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #aftermath: Aftermath;
  readonly #selfStart: SelfStart;
  #state: SupervisorState = 'stopped';
  #live: LiveRun | undefined;
  #attempt: Attempt | undefined;
  /** Something of a run lives that nobody is attached to and that cannot be killed: nothing starts beside it. */
  #remains = false;
  /** Runs until an end of its own is no longer taken for the machine's. */
  #doubt: NodeJS.Timeout | undefined;
  /** What is wanted of the next agent while this one stops the server to end itself. */
  #pausing: boolean | undefined;
  #closed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#aftermath = new Aftermath(options);
    this.#selfStart = new SelfStart(options.maintenance, () => this.#startByItself());
  }

  get view(): SupervisorView {
    const readiness = this.#state === 'running' ? this.#live?.readiness : undefined;
    return {
      state: this.#state,
      wanted: this.#pausing ?? this.#memory.wanted,
      ready: readiness?.ready ?? false,
      readySince: readiness?.since ?? null,
      unresponsiveSince: readiness?.silentSince ?? null,
      players: readiness?.players ?? null,
      probes: this.#live?.readiness.words ?? [],
      crash: this.#memory.crash,
    };
  }

  /** The run that input goes to; undefined when nothing runs. */
  get run(): GameRun | undefined {
    return this.#live?.run;
  }

  /**
   * Takes up what an earlier agent left: attaches to a live game, understands the end of a dead one,
   * goes on waiting after a crash, or starts again after a boot when the spec says so. What cannot be killed is
   * waited for afterwards.
   */
  async recover(): Promise<void> {
    const { runDir, console } = this.#options;
    const before = readScrollback(runDir);
    if (before !== undefined) void console.output(before.offset, before.bytes);
    console.mark();
    const { run } = this.#memory;
    await this.#waitFor(findLeft(run, this.#options), (left) =>
      run === null ? this.#goOnWithNothing() : this.#goOnFrom(run, left),
    );
  }

  #goOnFrom(run: RunMemory, left: Left): Promise<void> | void {
    if (left.what === 'running') return this.#goOnWith(run, left.shim);
    if (left.what === 'ended')
      return this.#conclude({ run, end: left.end, intent: run.endedFor ?? null, at: left.at });
    return this.#machineWentDown(run);
  }

  #goOnWithNothing(): void {
    const { crash, wanted, quitIn = null } = this.#memory;
    if (crash === null) {
      if (quitIn === bootId()) return this.#rest(quitIn);
      // It was stopped with its agent, see `pause`, or by the machine.
      return this.#comeBack(wanted || quitIn !== null);
    }
    // Its agent was killed over a stop.
    if (!wanted && !crash.gaveUp) return this.#rest();
    this.#enter('crashed');
    if (wanted && crash.retryAt !== null) this.#scheduleRetry(crash.retryAt);
  }

  #goOnWith(memory: RunMemory, shim: ShimRecord): Promise<void> {
    this.#options.log.info({ runId: memory.id }, 'found the server running');
    const live = this.#adopt(shim, memory);
    if (memory.readyAt === null) this.#begin((signal) => live.becomeReady(signal));
    // Not to be told as unready only because the agent was away.
    return within(FIRST_PROBE_MS, live.readiness.firstAnswer);
  }

  /** Not the server's fault, and it comes back when that is wanted. */
  #machineWentDown(memory: RunMemory): void {
    this.#options.history.note('lost', memory.id);
    this.#comeBack(this.#memory.wanted);
  }

  #comeBack(wanted: boolean): void {
    if (!wanted || this.#options.spec()?.autostart !== true) return this.#rest();
    this.#options.memory.remember({ run: null, wanted, quitIn: null });
    this.#selfStart.now();
  }

  /** Resolves when the server is ready. Rejects with a coded error; an abort ends the server again. */
  async start(signal: AbortSignal): Promise<void> {
    // One that became ready after its start was cancelled, by an agent that died over it, is ended all the same.
    this.#assertNothingRemains();
    if ((await this.#isUp()) && !isCancelled(signal)) return;
    if (signal.aborted) return this.#endStart(signal.reason, signal);
    this.#selfStart.cancel();
    // Asked for by a person: earlier crashes are forgotten. This must be on disk before anything runs.
    this.#options.memory.change({ wanted: true, crash: null, quitIn: null });
    const live = this.#live;
    const attempt =
      this.#attempt ?? this.#begin((own) => live?.becomeReady(own) ?? this.#launch(own));
    try {
      await abortable(attempt.settled, signal);
    } catch (error) {
      if (signal.aborted || this.#closed) return this.#endStart(error, signal);
      if (this.#state === 'stopped' || this.#remains)
        this.#options.memory.remember({ wanted: false });
      throw error;
    }
  }

  /** Of a start that is not to go on. The interrupting operation ends the server in its own way. */
  async #endStart(error: unknown, signal: AbortSignal): Promise<never> {
    if (!this.#closed && !isInterrupted(signal)) await this.stop(new AbortController().signal);
    throw error;
  }

  /** Whether it runs and needs no start. The end of one that dies or has just died is dealt with first. */
  async #isUp(): Promise<boolean> {
    const live = this.#live;
    const isEnding =
      live !== undefined &&
      (live.run.intent !== null || (this.#state === 'running' && !live.run.isAlive));
    if (!isEnding) return this.#state === 'running';
    if (!(await live.run.kill())) throw errors.unkillable();
    await live.over;
    return false;
  }

  #assertNothingRemains(): void {
    if (this.#remains) throw errors.unkillable();
  }

  /** Resolves when nothing runs any more. An abort leaves a server that still runs running. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#options.memory.remember({ wanted: false });
    await this.#endAttempt();
    this.#assertNothingRemains();
    const live = this.#live;
    if (live === undefined) return this.#rest();
    const { run } = live;
    const before = this.#state;
    run.intent = 'stop';
    this.#enter('stopping');
    try {
      await climbStopLadder(run, this.#options.spec()?.stop ?? [], signal);
      await live.over;
    } catch (error) {
      if (this.#live === live && run.intent === 'stop' && !this.#closed) {
        run.intent = null;
        this.#options.memory.remember({ wanted: true });
        this.#enter(before);
      }
      throw error;
    }
  }

  /** Stops the server together with the agent: the next agent starts it again if it was wanted. */
  async pause(signal: AbortSignal): Promise<void> {
    const { wanted, crash } = this.#memory;
    const crashed = this.#state === 'crashed';
    this.#pausing = wanted;
    try {
      await this.stop(signal);
      this.#options.memory.remember({ wanted, crash: crashed ? crash : null });
    } catch (error) {
      this.#options.memory.remember({ wanted });
      throw error;
    } finally {
      this.#pausing = undefined;
    }
  }

  /** SIGKILLs whatever there is, at any moment. */
  async kill(): Promise<void> {
    this.#options.memory.remember({ wanted: false });
    if (this.#live !== undefined) this.#live.run.intent = 'kill';
    await this.#endAttempt();
    this.#assertNothingRemains();
    const live = this.#live;
    if (live !== undefined) {
      live.run.intent = 'kill';
      this.#enter('stopping');
      if (!(await live.run.kill())) throw errors.unkillable();
      await live.over;
      if (this.#closed) return;
    }
    this.#rest();
  }

  /** Lets go of the game without ending it. */
  close(): void {
    this.#closed = true;
    this.#selfStart.cancel();
    clearTimeout(this.#doubt);
    this.#attempt?.abort.abort(errors.interrupted());
    this.#live?.detach();
  }

  get #memory(): SupervisorMemory {
    return this.#options.memory.value;
  }

  #begin(work: (signal: AbortSignal) => Promise<void>): Attempt {
    const abort = new AbortController();
    this.#enter('starting');
    const settled = work(abort.signal).finally(() => {
      this.#attempt = undefined;
      if (this.#live === undefined && this.#state === 'starting')
        this.#enter(this.#remains ? 'stopping' : 'stopped');
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
        this.#live !== undefined || this.#state !== 'stopped' || !this.#memory.wanted;
      if (dealtWith || this.#closed) return;
      // Its owner wants it so; the status says how it starts again.
      if (error instanceof CodedError && error.code === withdrawnCode) return this.#rest();
      this.#settle(this.#aftermath.ofFailure(error, this.#memory));
    });
  }

  async #endAttempt(): Promise<void> {
    this.#selfStart.cancel();
    const attempt = this.#attempt;
    attempt?.abort.abort(errors.interrupted());
    await attempt?.settled.catch(() => {}); // whoever asked for the start was told
  }

  async #launch(signal: AbortSignal): Promise<void> {
    const spec = this.#options.spec();
    if (spec === undefined) throw errors.notInstalled();
    const remember = (run: RunMemory | null) => this.#options.memory.change({ run });
    const { shim, memory } = await launchGame(spec, this.#options, remember, signal).catch(
      (error: unknown) => {
        if (this.#memory.run !== null) this.#outlive(this.#memory.run, error);
        throw error;
      },
    );
    if (this.#closed) return;
    this.#options.history.note('started', memory.id);
    await this.#adopt(shim, memory).becomeReady(signal);
  }

  /** What a launch that failed has left behind. */
  #outlive(run: RunMemory, reason: unknown): void {
    const over = this.#waitFor(findLeft(run, this.#options), () =>
      this.#settle(this.#memory.wanted ? this.#aftermath.ofFailure(reason, this.#memory) : null),
    );
    over.catch((error: unknown) =>
      this.#options.log.error({ err: error }, 'what a launch left could not be dealt with'),
    );
  }

  /** Goes on when nothing of an earlier run lives. Resolves earlier when that takes too long: the state says so. */
  async #waitFor(ending: Promise<Left>, goOn: (left: Left) => Promise<void> | void): Promise<void> {
    this.#remains = true;
    const over = ending.then((left) => {
      this.#remains = false;
      return this.#closed ? undefined : goOn(left);
    });
    await within(PATIENCE_MS, over);
    if (!this.#remains || this.#closed) return;
    this.#enter('stopping');
    over.catch((error: unknown) =>
      this.#options.log.error({ err: error }, 'the end of an earlier run was not dealt with'),
    );
  }

  #adopt(shim: ShimRecord, memory: RunMemory): LiveRun {
    const live = new LiveRun(shim, memory, this.#options, {
      ready: () => {
        if (this.#state === 'starting') this.#enter('running');
      },
      remains: () => this.#enter('stopping'),
      ended: (ended) => {
        if (this.#closed) return;
        live.readiness.stop();
        this.#live = undefined;
        this.#conclude(ended);
      },
    });
    this.#live = live;
    this.#enter(memory.readyAt === null ? 'starting' : 'running');
    return live;
  }

  #conclude(ended: EndedRun): void {
    const { wanted } = this.#memory;
    const crash = this.#aftermath.ofRun(ended, this.#memory);
    if (crash === null) this.#rest(wanted ? bootId() : null);
    else this.#settle(crash);
  }

  /** One write, so that a kill finds the run either there or dealt with. */
  #settle(crash: CrashReport | null): void {
    if (crash === null) return this.#rest();
    this.#options.memory.remember({ run: null, crash, wanted: !crash.gaveUp });
    this.#enter('crashed');
    if (crash.retryAt !== null) this.#scheduleRetry(crash.retryAt);
  }

  /** Nothing runs, as it shall be: what was before is no matter any more. `quitIn`: unless the machine goes down now. */
  #rest(quitIn: string | null = null): void {
    const { memory } = this.#options;
    memory.remember({ run: null, wanted: false, crash: null, quitIn });
    clearTimeout(this.#doubt);
    if (quitIn !== null)
      this.#doubt = setTimeout(() => memory.remember({ quitIn: null }), OUTLIVED_MS);
    this.#enter('stopped');
  }

  #scheduleRetry(retryAt: string): void {
    const spec = this.#options.spec();
    if (spec === undefined || this.#closed) return;
    this.#selfStart.after(waitUntil(retryAt, spec.crash, new Date()));
  }

  #enter(state: SupervisorState): void {
    this.#state = state;
    this.#options.changed();
  }
}
