/**
 * What the end of a run means: a stop that was wanted, or a crash with its reason, both written into the history.
 * Promises that an end which is understood twice, because the agent was killed over it, is one crash all the same.
 */
import { randomUUID } from 'node:crypto';
import type { CrashReport, ProbeWord } from '../contract/status.ts';
import { countOomKills, freeBytes } from '../lib/machine.ts';
import { causeOfFailure, classify, type CrashCause, type RunEnd } from './classify.ts';
import { reportCrash } from './crash-policy.ts';
import type { Intent } from './game-run.ts';
import { lastLines } from './history.ts';
import { livedMs, type RunMemory, type SupervisorMemory } from './memory.ts';
import type { SupervisorOptions } from './options.ts';
import { lastWordsOf } from './probe-set.ts';

export interface EndedRun {
  readonly run: RunMemory;
  readonly end: RunEnd;
  readonly intent: Intent;
  /** What its probes said last; absent if no agent was there. */
  readonly words?: readonly ProbeWord[] | undefined;
  /** When it was by the wall clock, if no agent was there. */
  readonly at?: string | undefined;
}

const TAIL_BYTES = 65_536;
const LAST_LINES_BYTES = 8_192;

export class Aftermath {
  readonly #options: SupervisorOptions;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** The crash, or null when it was none. */
  ofRun(ended: EndedRun, { wanted, crash }: SupervisorMemory): CrashReport | null {
    const { history, log } = this.#options;
    const { run, end, intent, at } = ended;
    const asked = intent === 'stop' || intent === 'kill' || !wanted;
    if (asked || (run.readyAt !== null && end.exitCode === 0)) {
      log.info({ ...end, asked }, 'the server has stopped');
      history.note('stopped', run.id, at);
      return null;
    }
    return this.#report(this.#causeOf(ended), crash, ended);
  }

  /** Of a start that failed before there was a process. */
  ofFailure(error: unknown, { crash }: SupervisorMemory): CrashReport | null {
    return this.#report(causeOfFailure(error), crash);
  }

  #causeOf({ run, end, intent, words = [] }: EndedRun): CrashCause {
    const { console, places, spec } = this.#options;
    return classify(end, {
      wasReady: run.readyAt !== null,
      endedFor: intent === 'too-late' || intent === 'hung' ? intent : null,
      tail: console.tail(TAIL_BYTES, run.offset),
      lastWords: lastWordsOf(words),
      sharedOomKills: countOomKills() - run.oomKills,
      memoryMiB: spec()?.memoryMiB ?? 0,
      freeBytes: freeBytes(places.data),
    });
  }

  #report(cause: CrashCause, before: CrashReport | null, ended?: EndedRun): CrashReport | null {
    const { console, history, log } = this.#options;
    const policy = this.#options.spec()?.crash;
    if (policy === undefined) return null;
    const run = ended?.run;
    // A run crashes once, so its id serves for both.
    const crash = {
      ...reportCrash(run?.id ?? randomUUID(), cause, before, policy, new Date()),
      ...(ended?.words === undefined ? {} : { probes: [...ended.words] }),
    };
    log.warn({ crash }, 'the server has crashed');
    const record = {
      ...crash,
      runId: run?.id ?? null,
      startedAt: run?.startedAt ?? null,
      uptimeMs: run === undefined ? null : Math.round(livedMs(run, ended?.at)),
      wasReady: run !== undefined && run.readyAt !== null,
      lastLines: run === undefined ? [] : lastLines(console.tail(LAST_LINES_BYTES, run.offset)),
    };
    history.crashed(record, ended?.at);
    return crash;
  }
}
