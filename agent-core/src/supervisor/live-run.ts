/**
 * One run of the server under this agent's eyes: its processes, its readiness, and what is on disk about it. Promises
 * that `over` resolves when nothing of it is left and its end was told.
 */
import { abortable } from '../lib/promises.ts';
import type { ShimRecord } from '../shim/launch.ts';
import type { EndedRun } from './aftermath.ts';
import { errors } from './errors.ts';
import { GameRun } from './game-run.ts';
import { livedMs, type RunMemory } from './memory.ts';
import type { SupervisorOptions } from './options.ts';
import { Readiness } from './readiness.ts';
import { groupOf } from './recovery.ts';

export interface LiveRunEvents {
  /** Became ready, for the first time or again. */
  ready(): void;
  ended(ended: EndedRun): void;
  /** It has ended, but something of it cannot be killed; `ended` follows when it is gone. */
  remains(): void;
}

export class LiveRun {
  readonly run: GameRun;
  readonly readiness: Readiness;
  readonly over: Promise<void>;
  readonly #options: SupervisorOptions;
  readonly #memory: RunMemory;

  constructor(
    shim: ShimRecord,
    memory: RunMemory,
    options: SupervisorOptions,
    events: LiveRunEvents,
  ) {
    const { runDir, groups, isolation, spec, probes, console, history, log, changed } = options;
    this.#options = options;
    this.#memory = memory;
    this.run = new GameRun(runDir, shim, groupOf(memory, groups), isolation, console, log);
    this.readiness = new Readiness(spec(), probes, console, memory, {
      ready: (first) => {
        history.note('ready', memory.id);
        if (first) options.memory.rememberOf(memory.id, { readyAt: new Date().toISOString() });
        events.ready();
      },
      unready: () => history.note('unready', memory.id),
      hung: () => {
        // A server that is being stopped may be silent for as long as its stop allows.
        if (this.run.intent !== null) return;
        log.warn({ runId: memory.id }, 'the server does not answer any more and is ended');
        this.#endFor('hung');
      },
      stable: () => {
        options.memory.remember({ crash: null });
        changed();
      },
      decided: (row) => options.memory.rememberOf(memory.id, { decidedBy: row }),
      changed,
    });
    this.run.remains = () => {
      this.readiness.stop();
      events.remains();
    };
    this.over = this.run.ended.then((end) =>
      events.ended({
        run: options.memory.value.run ?? memory,
        end,
        intent: this.run.intent,
        words: this.readiness.words,
      }),
    );
    if (memory.endedFor !== undefined) this.#endFor(memory.endedFor);
  }

  /** For good, also if this agent is killed over it. */
  #endFor(reason: 'hung' | 'too-late'): void {
    this.run.intent ??= reason;
    this.#options.memory.rememberOf(this.#memory.id, { endedFor: reason });
    const { log } = this.#options;
    this.run.kill().then(
      (dead) => dead || log.error({ runId: this.run.id }, 'the server could not be ended'),
      (error: unknown) =>
        log.error({ runId: this.run.id, err: error }, 'the server could not be ended'),
    );
  }

  /** Resolves at readiness; rejects when the run ends, takes too long or is interrupted. */
  async becomeReady(signal: AbortSignal): Promise<void> {
    const spec = this.#options.spec();
    if (spec === undefined) throw errors.notInstalled();
    const late = setTimeout(
      () => this.#endFor('too-late'),
      Math.max(0, spec.probe.startupTimeoutMs - livedMs(this.#memory)),
    );
    try {
      const over = this.over.then(() => {
        throw errors.notReady(this.#options.memory.value.crash);
      });
      await abortable(Promise.race([this.readiness.whenReady, over]), signal);
    } finally {
      clearTimeout(late);
    }
  }

  /** Leaves the game running under its shim. */
  detach(): void {
    this.readiness.stop();
    this.run.detach();
  }
}
