/**
 * Writes down what happens to the server and tells it again: crashes, and when it was up. Promises that a full disk
 * or a kill costs entries at most, never a crash of the agent, and that every period ends as it really ended.
 */
import { join } from 'node:path';
import type { Logger } from '@zlh/kernel';
import type { CrashRecord, UptimePeriod } from '../contract/history.ts';
import { elapsedMs, now, type Moment } from '../lib/clock.ts';
import { LineLog } from '../lib/line-log.ts';

const MAX_FILE = 524_288;
const DEFAULT_PAGE = 50;

type Entry = Moment & { readonly run: string | null } & (
    | { readonly what: 'started' | 'ready' | 'unready' | 'stopped' | 'lost' }
    | { readonly what: 'crashed'; readonly crash: CrashRecord }
  );

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

export class History {
  readonly #file: LineLog;
  readonly #log: Logger;
  #crashCount = 0;

  constructor(stateDir: string, log: Logger) {
    this.#file = new LineLog(join(stateDir, 'history.jsonl'), MAX_FILE);
    this.#log = log;
  }

  /** `at`: when it happened by the wall clock, if that was not just now. */
  note(what: 'started' | 'ready' | 'unready' | 'stopped' | 'lost', run: string, at?: string): void {
    this.#append({ ...momentOf(at), what, run });
  }

  /** Since the agent started. */
  get crashCount(): number {
    return this.#crashCount;
  }

  crashed(crash: CrashRecord, at?: string): void {
    this.#crashCount++;
    this.#append({ ...momentOf(at), what: 'crashed', run: crash.runId, crash });
  }

  /** Newest first. A cursor that is not known (any more) begins at the newest. */
  crashes(cursor?: string, limit?: number): Page<CrashRecord> {
    const crashes = new Map<string, CrashRecord>();
    for (const entry of this.#entries()) {
      if (entry.what === 'crashed') crashes.set(entry.crash.id, entry.crash);
    }
    return pageOf([...crashes.values()].toReversed(), ({ id }) => id, cursor, limit);
  }

  /** Newest first. `running` is the run that is alive. */
  uptime(running: string | undefined, cursor?: string, limit?: number): Page<UptimePeriod> {
    const periods = foldPeriods(this.#entries(), running);
    return pageOf(periods.toReversed(), ({ runId }) => runId, cursor, limit);
  }

  #append(entry: Entry): void {
    try {
      this.#file.append(entry);
    } catch (error) {
      this.#log.warn(
        { err: error },
        'the history is not on disk; it is written with its next entry',
      );
    }
  }

  #entries(): Entry[] {
    return this.#file.read() as Entry[];
  }
}

function momentOf(at: string | undefined): Moment {
  return at === undefined ? now() : { at, up: 0, boot: 'told by the wall clock' };
}

interface Open {
  period: UptimePeriod;
  readySince: Moment | undefined;
  last: Moment;
}

function foldPeriods(entries: readonly Entry[], running: string | undefined): UptimePeriod[] {
  const runs = new Map<string, Open>();
  for (const entry of entries) {
    if (entry.run === null) continue;
    const open = runs.get(entry.run) ?? begin(entry, entry.run);
    runs.set(entry.run, open);
    apply(open, entry);
    open.last = entry;
  }
  return [...runs.values()].map((open) => {
    if (open.period.runId === running) return withReady(open, now());
    // An end that was never written: the machine, or the disk, was gone first.
    return open.period.end === null ? close(open, open.last, 'lost') : open.period;
  });
}

/** Its start may have been forgotten already; what follows tells enough. */
function begin(entry: Entry, runId: string): Open {
  const nothing = { readyAt: null, readyMs: 0, endedAt: null, end: null, crashId: null };
  const startedAt = (entry.what === 'crashed' ? entry.crash.startedAt : null) ?? entry.at;
  return { period: { runId, startedAt, ...nothing }, readySince: undefined, last: entry };
}

function apply(open: Open, entry: Entry): void {
  // An agent that was killed over an end understands it again.
  if (open.period.end !== null) return;
  if (entry.what === 'ready') {
    open.readySince ??= entry;
    open.period = { ...open.period, readyAt: open.period.readyAt ?? entry.at };
  } else if (entry.what === 'unready') {
    open.period = withReady(open, entry);
    open.readySince = undefined;
  } else if (entry.what === 'crashed') {
    open.period = { ...close(open, entry, 'crashed'), crashId: entry.crash.id };
  } else if (entry.what === 'stopped') {
    open.period = close(open, entry, 'stopped');
  } else if (entry.what === 'lost') {
    open.period = close(open, open.last, 'lost');
  }
}

function withReady({ period, readySince }: Open, until: Moment): UptimePeriod {
  const more = readySince === undefined ? 0 : elapsedMs(readySince, until);
  return { ...period, readyMs: Math.round(period.readyMs + more) };
}

function close(open: Open, at: Moment, end: UptimePeriod['end']): UptimePeriod {
  return { ...withReady(open, at), endedAt: at.at, end };
}

function pageOf<T>(
  all: readonly T[],
  idOf: (item: T) => string,
  cursor: string | undefined,
  limit = DEFAULT_PAGE,
): Page<T> {
  const from = cursor === undefined ? 0 : all.findIndex((item) => idOf(item) === cursor) + 1;
  const items = all.slice(from, from + limit);
  const last = items.at(-1);
  const more = from + items.length < all.length && last !== undefined;
  return { items, nextCursor: more ? idOf(last) : null };
}

/** The end of a console's output for people: whole lines, without what steers a terminal. */
export function lastLines(tail: string): string[] {
  return (
    tail
      // oxlint-disable-next-line no-control-regex -- terminals are steered by control characters
      .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)/g, '')
      .split(/[\r\n]+/)
      // oxlint-disable-next-line no-control-regex -- the rest of them
      .map((line) =>
        line
          .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '')
          .slice(0, 300)
          .toWellFormed(),
      )
      .filter((line) => line.trim() !== '')
      .slice(-40)
  );
}
