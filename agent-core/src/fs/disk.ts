/**
 * Reservation on the disk: the instance's own limit, and what the disk has left. Promises that nothing is begun that cannot be
 * finished as far as one can know, and that work which turns out larger than announced is stopped in the middle.
 * What the folder takes is looked at by the agent once a minute; what goes through here since then is counted on top, and
 * nothing is refused for the instance's limit before the folder was looked at once more.
 */
import type { BigIntStats } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { AgentGround } from '../contract/ground.ts';
import { Refusal } from '../contract/refusal.ts';
import { refusals } from './errors.ts';
import { abortable, within } from '../lib/promises.ts';

/** Left free on the disk, so that the agent and the game can still write down what they must. */
const RESERVE = 32 * 2 ** 20;
/** Asked for at a time by work that does not know its size. */
const STEP = 16 * 2 ** 20;
const MEBIBYTE = 2 ** 20;
/** What an entry takes of the disk at least, however little is in it. */
export const ENTRY_BYTES = 4096;
const BLOCK = 512n;
const NOTHING = { from: 0, until: 0, usedBytes: 0 };
/** How long somebody who waits for an answer waits for the first look, and for what was deleted to be taken apart. */
const patienceMs = 10_000;

/** Reservation held for some work, until it is let go. */
export interface Reservation extends Disposable {
  /** Makes sure that there is room for this many bytes in all; looked at again every 16 MiB, whatever was held before. */
  grow(bytes: number): Promise<void> | undefined;
  /** The same for bytes that somebody else holds the room of: whether it is still there, for others write too. */
  check(bytes: number): Promise<void> | undefined;
}

export interface DiskOptions {
  readonly ground: Pick<AgentGround, 'spec' | 'disk' | 'diskLooked' | 'lookAtDisk'>;
  /** A folder on the disk. */
  readonly state: string;
  /** Of uploads under way: partly on disk already, outside of the instance's folder. */
  readonly pending: () => { readonly size: number; readonly arrived: number };
  /** Resolves when what was deleted has given its room back. */
  readonly cleared: () => Promise<void>;
}

/** Of the disk, as the agent counts it when it looks. */
export const sizeOnDisk = ({ blocks, size }: BigIntStats): number =>
  blocks > 0n ? Number(blocks * BLOCK) : Math.min(Number(size), ENTRY_BYTES);

/** What is given back when it goes away: nothing while it has another name. */
export const freedBy = (stat: BigIntStats | undefined): number =>
  stat === undefined || (stat.nlink > 1n && !stat.isDirectory()) ? 0 : sizeOnDisk(stat);

export class Disk {
  readonly #options: DiskOptions;
  /** Since the instance's folder was looked at: bytes by when, in whole milliseconds. */
  readonly #came = new Map<number, number>();
  readonly #went = new Map<number, number>();
  #held = 0;
  /** How much of what is held is on the disk already. */
  #written = 0;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  /** With a signal somebody waits as long as it takes to know what is used, else only as long as for an answer. */
  async reserve(bytes: number, signal?: AbortSignal): Promise<Reservation> {
    let held = 0;
    let written = 0;
    let looked = 0;
    const holding = async (more: number, work: Promise<void>) => {
      held += more;
      await work.catch((error: unknown) => {
        held -= more;
        throw error;
      });
    };
    const take = (more: number) => holding(more, this.#admit(more, signal));
    /** A step at a time; near the end of the room no more than is needed. */
    const takeAhead = (more: number) =>
      holding(STEP, this.#take(STEP)).catch((error: unknown) => {
        if (error instanceof Refusal) return take(more);
        throw error;
      });
    const due = (reached: number) => {
      if (reached - looked < STEP) return false;
      looked = reached;
      return true;
    };
    await take(bytes);
    return {
      grow: (wanted) => {
        const isDue = due(wanted);
        // As good as written: what is on its way is less than a step.
        this.#written += wanted - written;
        written = wanted;
        const more = wanted - held;
        if (more > 0) return more < STEP ? takeAhead(more) : take(more);
        return isDue ? take(0) : undefined;
      },
      check: (wanted) => (due(wanted) ? take(0) : undefined),
      [Symbol.dispose]: () => {
        this.#held -= held;
        this.#written -= written;
        held = 0;
        written = 0;
      },
    };
  }

  /** This many bytes are in the instance's folder now that were not. */
  recordAdded(bytes: number): void {
    const at = Math.ceil(performance.now());
    this.#came.set(at, (this.#came.get(at) ?? 0) + bytes);
  }

  /** They were taken out of it, or replaced; `since`: by `performance.now()` before that began. */
  recordFreed(bytes: number, since: number): void {
    const at = Math.floor(since);
    this.#went.set(at, (this.#went.get(at) ?? 0) + bytes);
  }

  async #admit(needed: number, signal?: AbortSignal): Promise<void> {
    await this.#looked(signal);
    try {
      await this.#take(needed);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { cleared, ground } = this.#options;
      await within(patienceMs, cleared());
      if (this.#limit > 0) await within(patienceMs, ground.lookAtDisk());
      await this.#take(needed);
    }
  }

  /** Holds that many more, or throws. Held before anything is waited for: two that come at once do not get the same room. */
  async #take(needed: number): Promise<void> {
    const { pending, state } = this.#options;
    const limit = this.#limit;
    const used = this.#used() + pending().size + this.#held;
    if (limit > 0 && used + needed > limit) throw refusals.quota(used, limit, needed);
    this.#held += needed;
    try {
      const { bavail, bsize } = await statfs(state);
      const { size, arrived } = pending();
      const promised = size - arrived + (this.#held - this.#written);
      const free = bavail * bsize - RESERVE - promised + needed;
      if (needed > free) throw refusals.diskFull(Math.max(0, free), Math.max(1, needed));
    } catch (error) {
      this.#held -= needed;
      throw error;
    }
  }

  /** What is used before anybody has looked is not nothing. */
  async #looked(signal: AbortSignal | undefined): Promise<void> {
    const { ground } = this.#options;
    if (this.#limit === 0 || ground.disk !== null) return;
    const looked = ground.diskLooked();
    await (signal === undefined ? within(patienceMs, looked) : abortable(looked, signal));
    if (ground.disk === null) throw refusals.notLooked();
  }

  get #limit(): number {
    return (this.#options.ground.spec?.limits?.diskMiB ?? 0) * MEBIBYTE;
  }

  /** More than it is rather than less: of what changed during a look, what came counts and what went does not. */
  #used(): number {
    const { from, until, usedBytes } = this.#options.ground.disk ?? NOTHING;
    let used = usedBytes;
    for (const [at, bytes] of this.#came)
      if (at < from) this.#came.delete(at);
      else used += bytes;
    for (const [at, bytes] of this.#went)
      if (at <= until) this.#went.delete(at);
      else used -= bytes;
    return Math.max(0, used);
  }
}
