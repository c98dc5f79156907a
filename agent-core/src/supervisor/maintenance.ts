/**
 * The lock that says "hands off": while an operation holds it, nobody else starts or stops the server and it does
 * not start by itself. Promises that it lasts as long as its operation and no longer: it is on disk with the
 * operation's id, so that it survives the agent together with the operation, or not at all.
 */
import { join } from 'node:path';
import type { Logger } from '@zlh/kernel';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';

interface Lock {
  readonly operationId: string;
  /** One sentence for people. */
  readonly reason: string;
}

export class Maintenance {
  readonly #path: string;
  readonly #log: Logger;
  readonly #changed: () => void;
  readonly #listeners = new Set<() => void>();
  #lock: Lock | null;

  constructor(stateDir: string, log: Logger, changed: () => void) {
    this.#path = join(stateDir, 'maintenance.json');
    this.#log = log;
    this.#changed = changed;
    this.#lock = (readJsonFile(this.#path) as Lock | null | undefined) ?? null;
  }

  /** Why the server is not to be touched; null when it may be. */
  get reason(): string | null {
    return this.#lock?.reason ?? null;
  }

  /** The operation that holds it. */
  get holder(): string | null {
    return this.#lock?.operationId ?? null;
  }

  /** Throws when the disk does not take it, for nothing may be done under a lock that a kill would open. */
  hold(operationId: string, reason: string): void {
    const lock = { operationId, reason };
    writeFileAtomic(this.#path, JSON.stringify(lock));
    this.#lock = lock;
    this.#changed();
  }

  /** Nothing when another operation holds it. */
  release(operationId: string): void {
    if (this.holder !== operationId) return;
    this.#lock = null;
    try {
      writeFileAtomic(this.#path, 'null');
    } catch (error) {
      // The next agent opens it: the operation has ended.
      this.#log.warn({ err: error }, 'the end of the maintenance is not on disk');
    }
    this.#changed();
    for (const listener of this.#listeners) listener();
  }

  onRelease(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
