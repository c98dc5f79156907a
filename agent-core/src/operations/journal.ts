/**
 * The agent's operations on disk: what was asked, how far it came, how it ended. Promises that an
 * operation which was answered 202 is still known after a crash, and that the file stays small.
 */
import { join } from 'node:path';
import type { AgentOperation } from '../contract/operation.ts';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';

export interface JournalEntry {
  readonly operation: AgentOperation;
  /** What the operation needs to go on, e.g. the spec; dropped when it has ended. */
  readonly input: unknown;
  /** Agents that ended out of turn while it was at this phase; kept here so that it survives the next one's end. */
  readonly deaths?: { readonly times: number; readonly phasesDone: number } | undefined;
  /** Somebody asked it to end: whatever agent is there ends it. */
  readonly cancelRequested?: true | undefined;
}

/** Ended operations kept, so that repeated requests and late questions are answered. */
const KEPT = 64;
/** The next start of an agent counts one; after an end in order that is none. */
const NONE = -1;

export class Journal {
  readonly #path: string;
  readonly #entries: Map<string, JournalEntry>;

  constructor(stateDir: string) {
    this.#path = join(stateDir, 'operations.json');
    const saved = (readJsonFile(this.#path) ?? []) as JournalEntry[];
    this.#entries = new Map(saved.map((entry) => [entry.operation.id, entry]));
  }

  get(id: string): JournalEntry | undefined {
    return this.#entries.get(id);
  }

  /** Oldest first. */
  unfinished(): JournalEntry[] {
    return [...this.#entries.values()].filter(({ operation }) => operation.finishedAt === null);
  }

  /** Remembers without writing: progress is not worth a disk flush. */
  hold({ operation, input }: JournalEntry): void {
    const before = this.#entries.get(operation.id);
    this.#entries.set(operation.id, {
      operation,
      input: operation.finishedAt === null ? input : null,
      deaths: before?.deaths,
      cancelRequested: before?.cancelRequested,
    });
  }

  /** One more agent has ended out of turn during it; answers how many at the same phase. */
  died({ operation, deaths }: JournalEntry): number {
    const phasesDone = operation.phases.filter(({ state }) => state === 'succeeded').length;
    const before = deaths?.phasesDone === phasesDone || deaths?.times === NONE ? deaths.times : 0;
    const times = before + 1;
    this.#count(operation.id, { times, phasesDone });
    return times;
  }

  /** The agent ends in order: neither that nor what was before is held against the operation. */
  forgive(id: string): void {
    this.#count(id, { times: NONE, phasesDone: 0 });
  }

  /** It is to end; on disk when this returns, so that the death of the agent does not let it go on. */
  requestCancel(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.operation.finishedAt !== null) return;
    this.#entries.set(id, { ...entry, cancelRequested: true });
    this.put(entry);
  }

  /** Throws when the disk does not take it; the entry is then known until the agent ends. */
  put(entry: JournalEntry): void {
    this.hold(entry);
    this.#forgetOld();
    writeFileAtomic(this.#path, JSON.stringify([...this.#entries.values()]));
  }

  forget(id: string): void {
    this.#entries.delete(id);
  }

  #count(id: string, deaths: JournalEntry['deaths']): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.set(id, { ...entry, deaths });
    this.put(entry);
  }

  #forgetOld(): void {
    const ended = [...this.#entries.values()].filter(
      ({ operation }) => operation.finishedAt !== null,
    );
    for (const { operation } of ended.slice(0, -KEPT)) this.#entries.delete(operation.id);
  }
}
