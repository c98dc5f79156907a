/**
 * Holds a program's saving while its files are copied. Guarantees: saving goes on afterwards, whatever
 * happens. A record on disk says that saving is off, so that the next agent switches it on again after
 * a kill.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import type { ActionRunner, Processes } from '@zlh/agent';
import type { Logger } from '@zlh/kernel';
import type { BackupRules } from './index.ts';

type Save = NonNullable<BackupRules['save']>;

const Record = Type.Object({ run: Type.String(), on: Type.String() });
const triesAtOnce = 3;
const retryAfterMs = 1000;
const laterMs = 10_000;

interface Options {
  readonly folder: string;
  readonly actions: ActionRunner;
  readonly processes: Processes;
  readonly log: Logger;
}

export class Saving {
  readonly #options: Options;
  readonly #path: string;
  #later: NodeJS.Timeout | undefined;
  #closed = false;
  #isHeld = false;
  #resuming: Promise<void> | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#path = join(options.folder, 'saving-off.json');
  }

  /** Runs `work` between "everything is on disk" and "saving goes on". */
  async heldDuring(save: Save, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { actions, processes } = this.#options;
    await this.resume();
    const { run } = processes.get('main');
    if (run !== undefined && save.on !== null) this.#remember(run, save.on);
    this.#isHeld = true;
    try {
      const { flush, confirmation, timeoutMs } = save;
      const command = save.off === null ? flush : [save.off, flush];
      const action = { title: 'Save', command, confirmation, timeoutMs };
      await actions.run(action, { signal });
      await work();
    } finally {
      this.#isHeld = false;
      await this.resume();
    }
  }

  /**
   * Switches saving on where the record says that it is off. Tries again later where the program does
   * not listen.
   */
  resume(): Promise<void> {
    this.#resuming ??= this.#resume().finally(() => (this.#resuming = undefined));
    return this.#resuming;
  }

  /** At the start of an agent, unless an operation holds the saving again. */
  recover(): void {
    if (!this.#isHeld) void this.resume();
  }

  async #resume(): Promise<void> {
    clearTimeout(this.#later);
    for (let tries = 1; tries <= triesAtOnce; tries++) {
      if (await this.#resumeOnce()) return;
      if (tries < triesAtOnce) await delay(retryAfterMs);
    }
    if (this.#closed) return;
    this.#later = setTimeout(() => void this.resume(), laterMs).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#later);
  }

  /** False when it has to be tried again. */
  async #resumeOnce(): Promise<boolean> {
    const { actions, processes, log } = this.#options;
    const record = this.#read();
    if (record === undefined) return true;
    try {
      // Another run of the program saves by itself.
      if (processes.get('main').run === record.run)
        await actions.run({ title: 'Save again', command: record.on }, { unready: true });
    } catch (error) {
      if (processes.get('main').run === record.run) {
        log.warn({ err: error }, 'the server could not be told to save again');
        return false;
      }
    }
    rmSync(this.#path, { force: true });
    return true;
  }

  #remember(run: string, on: string): void {
    writeFileSync(this.#path, JSON.stringify({ run, on }), { mode: 0o600, flush: true });
  }

  #read(): Type.Static<typeof Record> | undefined {
    try {
      const record: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      return Check(Record, record) ? record : undefined;
    } catch {
      return undefined; // no record, or one that was never finished: nothing was sent before it was whole
    }
  }
}
