/**
 * Starts the server without being asked: after a boot, or some time after a crash. Promises one such start at a time,
 * none while an operation holds the maintenance, and the one that was held back as soon as it is released.
 */
import type { Maintenance } from './maintenance.ts';

export class SelfStart {
  readonly #maintenance: Maintenance;
  readonly #start: () => void;
  #timer: NodeJS.Timeout | undefined;
  #heldBack = false;

  constructor(maintenance: Maintenance, start: () => void) {
    this.#maintenance = maintenance;
    this.#start = start;
    maintenance.onRelease(() => {
      if (this.#heldBack) this.now();
    });
  }

  now(): void {
    this.cancel();
    this.#heldBack = this.#maintenance.reason !== null;
    if (!this.#heldBack) this.#start();
  }

  after(milliseconds: number): void {
    this.cancel();
    this.#timer = setTimeout(() => this.now(), milliseconds);
  }

  /** Nothing starts any more until it is asked for again. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#heldBack = false;
  }
}
