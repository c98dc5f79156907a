/**
 * Room on the disk: the instance's own limit, and what the disk has left. Promises that nothing is begun that cannot be
 * finished as far as one can know, and that work which turns out larger than announced is stopped in the middle.
 * What the folder takes is looked at by the agent once a minute; what goes through here since then is counted on top.
 */
import { statfs } from 'node:fs/promises';
import type { AgentGround } from '@zlh/agent';
import { refusals } from './errors.ts';

/** Left free on the disk, so that the agent and the game can still write down what they must. */
const RESERVE = 32 * 2 ** 20;
/** Asked for at a time by work that does not know its size. */
const STEP = 16 * 2 ** 20;
const MEBIBYTE = 2 ** 20;

/** Room held for some work, until it is let go. */
export interface Room extends Disposable {
  /** Makes sure that there is room for this many bytes in all; looked at again every 16 MiB, whatever was held before. */
  grow(bytes: number): Promise<void> | undefined;
  /** The same for bytes that somebody else holds the room of: whether it is still there, for others write too. */
  check(bytes: number): Promise<void> | undefined;
}

export class Disk {
  readonly #ground: AgentGround;
  readonly #state: string;
  /** Of uploads under way: partly on disk already, outside of the instance's folder. */
  readonly #pending: () => { readonly size: number; readonly arrived: number };
  /** Of what is in the instance's folder, since it was looked at. */
  #changes: { readonly at: number; readonly bytes: number }[] = [];
  #held = 0;
  /** How much of what is held is on the disk already. */
  #written = 0;

  constructor(
    ground: AgentGround,
    state: string,
    pending: () => { readonly size: number; readonly arrived: number },
  ) {
    this.#ground = ground;
    this.#state = state;
    this.#pending = pending;
  }

  async hold(bytes: number): Promise<Room> {
    let held = 0;
    let written = 0;
    let looked = 0;
    const take = async (more: number) => {
      held += more;
      await this.#admit(more).catch((error: unknown) => {
        held -= more;
        throw error;
      });
    };
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
        if (wanted > held) return take(Math.max(wanted - held, STEP));
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

  /** This many bytes are in the instance's folder now that were not; negative for what was taken out of it. */
  wrote(bytes: number): void {
    this.#changes.push({ at: Date.now(), bytes });
  }

  /** Holds that many more, or throws. Held before anything is waited for: two that come at once do not get the same room. */
  async #admit(needed: number): Promise<void> {
    const limit = (this.#ground.spec?.limits?.diskMiB ?? 0) * MEBIBYTE;
    const used = this.#used() + this.#pending().size + this.#held;
    if (limit > 0 && used + needed > limit) throw refusals.quota(used, limit, needed);
    this.#held += needed;
    try {
      const { bavail, bsize } = await statfs(this.#state);
      const { size, arrived } = this.#pending();
      const promised = size - arrived + (this.#held - this.#written);
      const free = bavail * bsize - RESERVE - promised + needed;
      if (needed > free) throw refusals.diskFull(Math.max(0, free), Math.max(1, needed));
    } catch (error) {
      this.#held -= needed;
      throw error;
    }
  }

  #used(): number {
    const looked = this.#ground.disk;
    const since = looked === null ? 0 : Date.parse(looked.at);
    this.#changes = this.#changes.filter(({ at }) => at >= since);
    const more = this.#changes.reduce((sum, { bytes }) => sum + bytes, 0);
    return Math.max(0, (looked?.usedBytes ?? 0) + more);
  }
}
