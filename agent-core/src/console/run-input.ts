/**
 * The one way into a running game for everybody: people's commands, typed actions, the stop ladder, and the keys of
 * each viewer. Each has a queue of its own, and only little of all of them is on its way to the game at a time.
 *
 * Guarantees: a command is told as done only when the game's terminal (or console) has it. Commands go before keys,
 * the stop's before everything and past every limit. Viewers take turns; no viewer fills another's place. What a game
 * does not read is refused after a while, and each sender is told.
 */
import { refusals } from '../http/problem.ts';
import { Lane, type LaneEvents } from './lane.ts';

/** Bytes on their way to the game; a command waits for so many at most. */
const WINDOW = 4_096;
const MOST_COMMANDS = 64;
/** Keys of all viewers together; four times as many where each viewer waits with one message. */
const MOST_KEYS = 262_144;
/** A game that takes nothing for this long does not read. */
const STUCK_MS = 5_000;
/** Ctrl-U: a command is a line of its own, and half a line that a viewer has typed before it is gone. */
const TAKE_BACK = '\u0015';

/** A console beside the terminal. */
export interface RunConsole {
  /** False when the line could not be taken; throws or rejects with a refusal when there is nobody to take it. */
  send(line: string, signal?: AbortSignal): boolean | Promise<boolean>;
  /** Shows all viewers what one of them types. */
  show(bytes: Uint8Array): void;
}

interface Command {
  readonly line: string;
  readonly signal: AbortSignal;
  readonly settle: (outcome: boolean | Error) => void;
}

export class RunInput {
  /** Where lines go when not to the terminal. Set before anybody types. */
  console: RunConsole | undefined;
  /** It is somebody's own terminal, where every key has its meaning. */
  raw = false;
  readonly #terminal: (keys: string) => Promise<boolean>;
  readonly #commands: Command[] = [];
  /** Those with something waiting take turns, the first is next. */
  #lanes: Lane[] = [];
  #keys = 0;
  #onItsWay = 0;
  /** A viewer has typed what is not sent yet. */
  #halfTyped = false;
  #stuck = false;
  #closed = false;
  #patience: NodeJS.Timeout | undefined;

  /** `terminal` resolves when the terminal has the keys, with false when it never will. */
  constructor(terminal: (keys: string) => Promise<boolean>) {
    this.#terminal = terminal;
  }

  /**
   * Resolves when the game has the line. Rejects with a refusal when it does not read within five seconds: then it is
   * taken back, unless it is on its way already.
   */
  async command(line: string, { first = false } = {}): Promise<void> {
    if (this.#closed) throw refusals.inputLost();
    if (!first && (this.#stuck || this.#commands.length >= MOST_COMMANDS))
      throw refusals.inputFull();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = new AbortController();
    const command: Command = {
      line,
      signal: late.signal,
      settle(outcome) {
        clearTimeout(timer);
        if (outcome === true) resolve();
        else reject(outcome === false ? refusals.inputLost() : outcome);
      },
    };
    const timer = setTimeout(() => {
      const at = this.#commands.indexOf(command);
      if (at >= 0) this.#commands.splice(at, 1);
      late.abort();
      command.settle(at >= 0 ? refusals.inputFull() : refusals.inputUnread());
    }, STUCK_MS);
    if (first) void this.#send(command);
    else this.#commands.push(command);
    this.#pump();
    return promise;
  }

  /** A queue for the keys of one viewer. */
  lane(events: LaneEvents): Lane {
    return new Lane(events, {
      take: (lane, bytes) => this.#takeKeys(lane, bytes),
      console: () => this.console,
      raw: () => this.raw,
    });
  }

  /** The run has ended: nothing that waits will ever be read. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#patience);
    for (const { settle } of this.#commands.splice(0)) settle(false);
    for (const lane of this.#lanes.splice(0)) lane.drop(refusals.inputLost());
  }

  /** False when there is no room: who waits for nothing yet finds room when those who wait have none. */
  #takeKeys(lane: Lane, bytes: number): boolean {
    const waits = lane.waitingBytes > 0;
    if (this.#closed || this.#stuck) return false;
    if (this.#keys + bytes > (waits ? MOST_KEYS : 4 * MOST_KEYS)) return false;
    this.#keys += bytes;
    if (!waits) this.#lanes.push(lane);
    setImmediate(() => this.#pump());
    return true;
  }

  #pump(): void {
    while (this.#onItsWay < WINDOW && !this.#closed) {
      const command = this.#commands.shift();
      if (command !== undefined) void this.#send(command);
      else if (!this.#sendKeys()) return;
    }
  }

  async #send({ line, signal, settle }: Command): Promise<void> {
    const before = this.#halfTyped ? TAKE_BACK : '';
    try {
      settle(
        await this.#deliver(line.length, () => {
          if (this.console !== undefined) return this.console.send(line, signal);
          this.#halfTyped = false;
          // A terminal's Enter is a carriage return; games with line editing wait for exactly that.
          return this.#terminal(`${before}${line}\r`);
        }),
      );
    } catch (error) {
      settle(error as Error);
    }
  }

  /** One viewer's turn. */
  #sendKeys(): boolean {
    const lane = this.#lanes.shift();
    if (lane === undefined) return false;
    const { text, bytes } = lane.next(WINDOW);
    this.#keys -= bytes;
    if (lane.waitingBytes > 0) this.#lanes.push(lane);
    const { console } = this;
    if (console === undefined) {
      this.#halfTyped = !/[\r\n]$/.test(text);
      void this.#deliver(bytes, () => this.#terminal(text));
    } else {
      this.#deliver(bytes, () => console.send(text)).then(
        (taken) => taken || lane.answer(refusals.inputFull()),
        (error: unknown) => lane.answer(error as Error),
      );
    }
    return true;
  }

  async #deliver(bytes: number, send: () => boolean | Promise<boolean>): Promise<boolean> {
    this.#onItsWay += bytes;
    this.#patience ??= setTimeout(() => this.#giveUp(), STUCK_MS);
    try {
      const taken = await send();
      if (taken) this.#isRead();
      return taken;
    } finally {
      this.#onItsWay -= bytes;
      if (this.#onItsWay === 0) this.#isRead();
      setImmediate(() => this.#pump());
    }
  }

  #isRead(): void {
    this.#stuck = false;
    clearTimeout(this.#patience);
    this.#patience = this.#onItsWay === 0 ? undefined : setTimeout(() => this.#giveUp(), STUCK_MS);
  }

  /** The game does not read: nobody is held up for it any longer. */
  #giveUp(): void {
    this.#stuck = true;
    this.#keys = 0;
    for (const lane of this.#lanes.splice(0)) lane.drop(refusals.inputFull());
  }
}
