/**
 * Keeps the one game of this agent in the state its owner wants. There is a single way to start (by
 * hand, by autostart, after a crash, after the agent's own restart), and it ends in readiness told by
 * a probe; there is a single place where a run's end is understood.
 */
import { randomUUID } from 'node:crypto';
import { CodedError, type Logger } from '@zlh/kernel';
import type { InstanceSpec } from '../contract/spec.ts';
import type { AgentStatus } from '../contract/status.ts';
import type { ConsoleHub } from '../console/console-hub.ts';
import { bootId } from '../lib/process-id.ts';
import { countOomKills, freeBytes } from '../lib/machine.ts';
import { findShim, killRun } from '../process/tree.ts';
import { clearRunFolder, readExitRecord, readScrollback, startShim } from '../shim/start.ts';
import { classify, type RunEnd } from './classify.ts';
import { reportCrash, waitUntil } from './crash-policy.ts';
import { endOf, findLiveShim, GameRun } from './game-run.ts';
import { planLaunch, type Places } from './launch-plan.ts';
import type { MemoryFile, RunMemory, SupervisorMemory } from './memory.ts';
import { assertPortsFree } from './ports.ts';
import { Readiness, type ProbeRegistry } from './readiness.ts';
import { climbStopLadder } from './stop-ladder.ts';

export type SupervisorState = 'stopped' | 'starting' | 'running' | 'stopping' | 'crashed';

export interface SupervisorView
  extends Pick<AgentStatus, 'ready' | 'readySince' | 'crash' | 'players'> {
  readonly state: SupervisorState;
}

export interface SupervisorOptions {
  readonly runDir: string;
  readonly compileCache: string;
  readonly places: Places;
  readonly memory: MemoryFile;
  readonly console: ConsoleHub;
  readonly probes: ProbeRegistry;
  readonly log: Logger;
  /** The installed spec, if any. */
  readonly spec: () => InstanceSpec | undefined;
  /** Makes sure that every artifact is there and whole. */
  readonly ensureArtifacts: (spec: InstanceSpec, signal: AbortSignal) => Promise<void>;
  readonly changed: () => void;
}

interface Attempt {
  readonly settled: Promise<void>;
  readonly abort: AbortController;
}

const TAIL_BYTES = 65_536;
const FIRST_PROBE_MS = 1_500;
const SIZE = { cols: 120, rows: 40 };

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
    const readiness = this.#readiness;
    return {
      state: this.#state,
      ready: this.#state === 'running' && readiness?.ready === true,
      readySince: this.#state === 'running' ? (readiness?.since ?? null) : null,
      players: this.#state === 'running' ? (readiness?.players ?? null) : null,
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
    const { runDir, console, log, spec } = this.#options;
    const before = readScrollback(runDir);
    if (before !== undefined) console.output(before.offset, before.bytes);
    const { run, crash, wanted } = this.#memory;
    if (run !== null) return this.#recoverRun(run);
    if (crash === null) return;
    this.#enter('crashed');
    if (wanted && crash.retryAt !== null && spec() !== undefined) this.#scheduleRetry(crash.retryAt);
    log.info({ crash: crash.reason, retryAt: crash.retryAt }, 'the server had crashed before');
  }

  async #recoverRun(memory: RunMemory): Promise<void> {
    const { runDir, log } = this.#options;
    const shim = await findLiveShim(runDir, memory.id, findShim);
    if (shim !== undefined) {
      log.info({ runId: memory.id }, 'found the server running');
      this.#adopt(new GameRun(runDir, shim, this.#options.console, log), memory);
      if (memory.readyAt === null) this.#begin((signal) => this.#awaitReady(memory, signal));
      // Not to be told as unready only because the agent was away.
      await within(FIRST_PROBE_MS, this.#readiness?.firstAnswer);
      return;
    }
    const exit = readExitRecord(runDir, memory.id);
    await killRun(memory.id, null);
    if (exit === undefined && memory.bootId !== bootId()) return this.#recoverBoot();
    this.#conclude(memory, endOf(exit), false);
  }

  /** The machine went down under the server: not its fault, and it comes back when that is wanted. */
  #recoverBoot(): void {
    const again = this.#memory.wanted && this.#options.spec()?.autostart === true;
    this.#remember({ run: null, wanted: again });
    if (again) this.#begin((signal) => this.#launch(signal));
    else this.#enter('stopped');
  }

  /** Resolves when the server is ready. Rejects with a coded error, or the signal's reason. */
  async start(signal: AbortSignal): Promise<void> {
    this.#clearRetry();
    if (this.#state === 'running') return;
    // Asked for by a person: earlier crashes are forgotten. This must be on disk before anything runs.
    this.#options.memory.change({ wanted: true, crash: null });
    const attempt = this.#attempt ?? this.#begin((own) => this.#launch(own));
    try {
      await abortable(attempt.settled, signal);
    } catch (error) {
      if (signal.aborted) attempt.abort.abort(signal.reason);
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
      if (this.#run === run && run.intent === 'stop') {
        run.intent = null;
        this.#enter(before === 'starting' ? 'starting' : 'running');
      }
      throw error;
    }
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
      if (!(await run.kill())) throw unkillable();
      await this.#runOver;
    }
    this.#enter('stopped');
  }

  /** Lets go of the game without ending it. */
  close(): void {
    this.#closed = true;
    this.#clearRetry();
    this.#attempt?.abort.abort(new Error('the agent is ending'));
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
      this.#options.log.error({ err: error }, 'the state could not be written; it holds until the agent ends');
    }
  }

  #begin(work: (signal: AbortSignal) => Promise<void>): Attempt {
    const abort = new AbortController();
    this.#enter('starting');
    const settled = work(abort.signal).finally(() => {
      if (this.#attempt?.abort === abort) this.#attempt = undefined;
      if (this.#run === undefined && this.#state === 'starting') this.#enter('stopped');
    });
    settled.catch((error: unknown) => this.#options.log.info({ err: error }, 'the server did not start'));
    this.#attempt = { settled, abort };
    return this.#attempt;
  }

  async #endAttempt(): Promise<void> {
    this.#clearRetry();
    const attempt = this.#attempt;
    attempt?.abort.abort(new CodedError('AGENT_START_INTERRUPTED', 'The start was interrupted.', 'Start again when wanted.'));
    await attempt?.settled.catch(() => {}); // whoever asked for the start was told
  }

  /** The one start path. */
  async #launch(signal: AbortSignal): Promise<void> {
    const { runDir, compileCache, places, console, log, ensureArtifacts } = this.#options;
    const spec = this.#options.spec();
    if (spec === undefined) throw notInstalled();
    await ensureArtifacts(spec, signal);
    await assertPortsFree(spec.ports);
    const id = randomUUID();
    const plan = planLaunch(spec, id, places);
    signal.throwIfAborted();
    const memory: RunMemory = {
      id,
      startedAt: new Date().toISOString(),
      readyAt: null,
      bootId: bootId(),
      offset: console.end,
      oomKills: countOomKills(),
    };
    clearRunFolder(runDir);
    this.#options.memory.change({ run: memory });
    const request = { ...plan, ...SIZE, runId: id, offset: console.end, scrollbackBytes: 262_144 };
    const shim = await startShim(runDir, request, compileCache).catch((error: unknown) => {
      this.#remember({ run: null });
      throw error;
    });
    if (this.#closed) return;
    this.#adopt(new GameRun(runDir, shim, console, log), memory);
    await this.#awaitReady(memory, signal);
  }

  #adopt(run: GameRun, memory: RunMemory): void {
    const spec = this.#options.spec();
    if (spec === undefined) throw notInstalled();
    this.#run = run;
    this.#readiness = new Readiness(spec, this.#options.probes, this.#options.console, memory, {
      firstReady: () => this.#firstReady(memory),
      stable: () => this.#remember({ crash: null }),
      changed: () => this.#options.changed(),
    });
    this.#enter(memory.readyAt === null ? 'starting' : 'running');
    this.#runOver = run.ended.then((end) => {
      if (this.#closed) return;
      this.#run = undefined;
      this.#conclude(this.#memory.run ?? memory, end, run.intent === 'too-late', run.intent);
    });
  }

  #firstReady(memory: RunMemory): void {
    this.#remember({ run: { ...memory, readyAt: new Date().toISOString() } });
    if (this.#state === 'starting') this.#enter('running');
  }

  /** Resolves at readiness; rejects when the run ends, takes too long or is interrupted. */
  async #awaitReady(memory: RunMemory, signal: AbortSignal): Promise<void> {
    const [run, readiness, spec] = [this.#run, this.#readiness, this.#options.spec()];
    if (run === undefined || readiness === undefined || spec === undefined) throw notInstalled();
    const elapsed = Math.max(0, Date.now() - Date.parse(memory.startedAt));
    const left = Math.max(0, spec.probe.startupTimeoutMs - elapsed);
    const late = setTimeout(() => {
      run.intent ??= 'too-late';
      void run.kill();
    }, left);
    try {
      const over = this.#runOver.then(() => Promise.reject(this.#whyNotReady()));
      await abortable(Promise.race([readiness.whenReady, over]), signal);
    } finally {
      clearTimeout(late);
    }
  }

  #whyNotReady(): CodedError {
    const { crash } = this.#memory;
    const code = `AGENT_SERVER_${(crash?.reason ?? 'ended').replaceAll('-', '_').toUpperCase()}`;
    const what = crash?.detail ?? 'The server was ended before it was ready.';
    return new CodedError(code, what, 'Read the last lines of the console, then start again.');
  }

  /** The one place where the end of a run is understood. */
  #conclude(memory: RunMemory, end: RunEnd, tooLate: boolean, intent: GameRun['intent'] = null): void {
    const { console, log, places } = this.#options;
    this.#readiness?.stop();
    this.#readiness = undefined;
    const spec = this.#options.spec();
    const wasReady = memory.readyAt !== null;
    const asked = intent === 'stop' || intent === 'kill' || !this.#memory.wanted;
    const inGame = wasReady && end.exitCode === 0;
    if (asked || inGame || spec === undefined) {
      log.info({ ...end, asked }, 'the server has stopped');
      this.#remember({ run: null, wanted: false });
      return this.#enter('stopped');
    }
    const cause = classify(end, {
      wasReady,
      tooLate,
      tail: console.tail(TAIL_BYTES, memory.offset),
      oomKills: countOomKills() - memory.oomKills,
      freeBytes: freeBytes(places.data),
    });
    const crash = reportCrash(cause, this.#memory.crash, spec.crash, new Date());
    log.warn({ ...crash }, 'the server has crashed');
    this.#remember({ run: null, crash, wanted: !crash.gaveUp });
    this.#enter('crashed');
    if (crash.retryAt !== null) this.#scheduleRetry(crash.retryAt);
  }

  #scheduleRetry(retryAt: string): void {
    const spec = this.#options.spec();
    if (spec === undefined || this.#closed) return;
    this.#clearRetry();
    this.#retry = setTimeout(() => this.#retryNow(), waitUntil(retryAt, spec.crash, new Date()));
  }

  #retryNow(): void {
    this.#retry = undefined;
    if (this.#attempt !== undefined || this.#run !== undefined || this.#closed) return;
    const attempt = this.#begin((signal) => this.#launch(signal));
    attempt.settled.catch((error: unknown) => this.#retryFailed(error));
  }

  /** A retry that could not even launch (a port, an artifact, the disk) counts as another crash. */
  #retryFailed(error: unknown): void {
    const spec = this.#options.spec();
    if (this.#run !== undefined || this.#state !== 'stopped' || !this.#memory.wanted || spec === undefined) return;
    const detail = error instanceof Error ? error.message : String(error);
    const reason = reasonOf(error);
    const cause = { reason, detail, exitCode: null, signal: null };
    const crash = reportCrash(cause, this.#memory.crash, spec.crash, new Date());
    this.#remember({ crash, wanted: !crash.gaveUp });
    this.#enter('crashed');
    if (crash.retryAt !== null) this.#scheduleRetry(crash.retryAt);
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

function reasonOf(error: unknown) {
  const code = error instanceof CodedError ? error.code : (error as NodeJS.ErrnoException).code;
  if (code === 'AGENT_PORT_TAKEN') return 'port-taken';
  if (code === 'ENOSPC' || code === 'AGENT_DISK_FULL') return 'disk-full';
  return code?.startsWith('AGENT_ARTIFACT') === true || code === 'AGENT_COMMAND_MISSING' ? 'artifact-damaged' : 'exit-code';
}

function notInstalled(): CodedError {
  return new CodedError('AGENT_NOT_INSTALLED', 'Nothing is installed here yet.', 'Send a spec with POST /config first.');
}

function unkillable(): CodedError {
  return new CodedError(
    'AGENT_UNKILLABLE',
    'A process of the server cannot be killed, it waits inside the kernel.',
    'Look for a disk or network file system that does not answer; it ends when that does.',
  );
}

async function within(milliseconds: number, promise: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
