/**
 * What the supervisor must still know after its own death: whether the server is wanted, which run
 * there is, and how it fared. One small file, replaced whole at each change.
 */
import { join } from 'node:path';
import type { Logger } from '@zlh/kernel';
import type { CrashReport } from '../contract/status.ts';
import { elapsedMs, now } from '../lib/clock.ts';
import type { GroupFolders } from '../process/groups/run-group.ts';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';

export interface RunMemory {
  readonly id: string;
  readonly startedAt: string;
  /** `Moment.up` at its launch; absent from agents that kept none. */
  readonly startedUp?: number;
  /** When it was ready for the first time. */
  readonly readyAt: string | null;
  /** Which row of its probes decides: 0 is the probe itself. Absent while none has answered. */
  readonly decidedBy?: number;
  /** Another boot means the run cannot be alive, and that its end is no crash. */
  readonly bootId: string;
  /** Console offset at its launch. */
  readonly offset: number;
  /** Out-of-memory kills counted before its launch. */
  readonly oomKills: number;
  /** Its control group; null where it has none. */
  readonly group?: GroupFolders | null;
  /** Why an agent was ending it, so that the next one tells the same of its end. */
  readonly endedFor?: 'hung' | 'too-late';
}

/**
 * How long it has lived, whatever the wall clock did meanwhile; `until` is the wall clock at its end, when nobody
 * was there to see it.
 */
export function livedMs({ startedAt, startedUp, bootId }: RunMemory, until?: string): number {
  const boot = startedUp === undefined ? 'unknown' : bootId;
  const most = elapsedMs({ at: startedAt, up: startedUp ?? 0, boot }, now());
  if (until === undefined) return most;
  return Math.min(most, Math.max(0, Date.parse(until) - Date.parse(startedAt)));
}

export interface SupervisorMemory {
  readonly wanted: boolean;
  readonly run: RunMemory | null;
  readonly crash: CrashReport | null;
  /** The boot in which it ended by itself, until the agent has outlived that; a machine that goes down ends both. */
  readonly quitIn?: string | null;
}

export class MemoryFile {
  readonly #path: string;
  readonly #log: Logger;
  #value: SupervisorMemory;

  constructor(stateDir: string, log: Logger) {
    this.#path = join(stateDir, 'supervisor.json');
    this.#log = log;
    const nothing: SupervisorMemory = { wanted: false, run: null, crash: null };
    this.#value = {
      ...nothing,
      ...(readJsonFile(this.#path) as Partial<SupervisorMemory> | undefined),
    };
  }

  get value(): SupervisorMemory {
    return this.#value;
  }

  /** Throws when the disk does not take it; the change then holds in memory only. */
  change(change: Partial<SupervisorMemory>): void {
    this.#value = { ...this.#value, ...change };
    writeFileAtomic(this.#path, JSON.stringify(this.#value));
  }

  /** Remembers what can be remembered: a full disk must not keep a server from being stopped. */
  remember(change: Partial<SupervisorMemory>): void {
    try {
      this.change(change);
    } catch (error) {
      this.#log.error({ err: error }, 'the state is not on disk; it holds until the agent ends');
    }
  }

  /** Of one run, unless it is forgotten already. */
  rememberOf(runId: string, change: Partial<RunMemory>): void {
    const { run } = this.#value;
    if (run?.id === runId) this.remember({ run: { ...run, ...change } });
  }
}
