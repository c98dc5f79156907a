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
  /** Makes sure that there is room for this many bytes in all. */
  grow(bytes: number): Promise<void> | undefined;
}

export class Disk {
  readonly #ground: AgentGround;
  readonly #state: string;
  /** Of uploads under way: partly on disk already, outside of the instance's folder. */
  readonly #pending: () => { readonly size: number; readonly arrived: number };
  #written: { readonly at: number; readonly bytes: number }[] = [];
  #held = 0;

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
    const set = (wanted: number) => {
      this.#held += wanted - held;
      held = wanted;
    };
    const grow = async (wanted: number) => {
      await this.#admit(wanted - held);
      set(wanted);
    };
    await grow(bytes);
    return {
      grow: (wanted) => (wanted <= held ? undefined : grow(Math.max(wanted, held + STEP))),
      [Symbol.dispose]: () => set(0),
    };
  }

  /** This many bytes are in the instance's folder now that were not. */
  wrote(bytes: number): void {
    this.#written.push({ at: Date.now(), bytes });
  }

  async #admit(needed: number): Promise<void> {
    const { size, arrived } = this.#pending();
    const limit = (this.#ground.spec?.limits?.diskMiB ?? 0) * MEBIBYTE;
    const used = this.#used() + size + this.#held;
    if (limit > 0 && used + needed > limit) throw refusals.quota(used, limit, needed);
    const { bavail, bsize } = await statfs(this.#state);
    const free = Math.max(0, bavail * bsize - RESERVE - (size - arrived) - this.#held);
    if (needed > free) throw refusals.diskFull(free, needed);
  }

  #used(): number {
    const looked = this.#ground.disk;
    const since = looked === null ? 0 : Date.parse(looked.at);
    this.#written = this.#written.filter(({ at }) => at >= since);
    const more = this.#written.reduce((sum, { bytes }) => sum + bytes, 0);
    return Math.max(0, (looked?.usedBytes ?? 0) + more);
  }
}
