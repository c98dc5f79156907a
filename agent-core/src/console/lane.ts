/**
 * What one viewer types and the game has not read yet. Knows when its viewer is to be held back, and when to be told
 * that something of it will not reach the game.
 */
import type { Refusal } from '../contract/refusal.ts';
import { refusals } from '../http/problem.ts';
import { filterKeys } from './keys.ts';
import { LineInput } from './line-input.ts';

/** From so much on its viewer is held back; frames that were read already are still taken. */
const FULL = 16_384;
const MOST = 131_072;

export interface LaneEvents {
  /** The viewer may go on. */
  room(): void;
  /** Something it typed does not reach the game. */
  refused(reason: Refusal): void;
}

export interface LaneParts {
  /** Whether there is room for so many bytes more, which are then accounted for. */
  readonly take: (lane: Lane, bytes: number) => boolean;
  /** Takes lines, and shows viewers what is typed. Undefined: keys go to the terminal. */
  readonly console: () => { show(bytes: Uint8Array): void } | undefined;
  /** It is somebody's own terminal, where every key has its meaning. */
  readonly raw: () => boolean;
}

export class Lane {
  readonly #events: LaneEvents;
  readonly #parts: LaneParts;
  readonly #pieces: { readonly text: string; readonly bytes: number }[] = [];
  #lines: LineInput | undefined;
  #waitingBytes = 0;

  constructor(events: LaneEvents, parts: LaneParts) {
    this.#events = events;
    this.#parts = parts;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Its viewer is not to be listened to until `room`. */
  get full(): boolean {
    return this.#waitingBytes >= FULL;
  }

  type(keys: string): void {
    const console = this.#parts.console();
    if (console !== undefined) {
      this.#lines ??= new LineInput((line) => this.#put(line), console.show);
      this.#lines.type(keys);
      return;
    }
    const { passed, refused } = this.#parts.raw()
      ? { passed: keys, refused: false }
      : filterKeys(keys);
    if (refused) this.#events.refused(refusals.keyRefused());
    if (passed !== '' && !this.#put(passed)) this.#events.refused(refusals.inputFull());
  }

  /** What goes next: lines one by one, keys together up to `most` bytes. Only called while something waits. */
  next(most: number): { readonly text: string; readonly bytes: number } {
    const wasFull = this.full;
    const pieces = [this.#pieces.shift()!];
    let { bytes } = pieces[0]!;
    const fits = (next = this.#pieces[0]) => next !== undefined && bytes + next.bytes <= most;
    while (this.#lines === undefined && fits()) {
      pieces.push(this.#pieces.shift()!);
      bytes += pieces.at(-1)!.bytes;
    }
    this.#waitingBytes -= bytes;
    if (wasFull && !this.full) this.#events.room();
    return { text: pieces.map(({ text }) => text).join(''), bytes };
  }

  /** The game refused a line of it. */
  answer(error: Error): void {
    this.#parts.console()?.show(Buffer.from(`\r\n${error.message}\r\n`));
  }

  /** The game will not read it. */
  drop(reason: Refusal): void {
    const wasFull = this.full;
    this.#pieces.length = 0;
    this.#waitingBytes = 0;
    this.#events.refused(reason);
    if (wasFull) this.#events.room();
  }

  #put(text: string): boolean {
    const bytes = Buffer.byteLength(text);
    if (this.#waitingBytes + bytes > MOST || !this.#parts.take(this, bytes)) return false;
    this.#pieces.push({ text, bytes });
    this.#waitingBytes += bytes;
    return true;
  }
}
