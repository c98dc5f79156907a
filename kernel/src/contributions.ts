/** What plugins have added to points: one list per point, in the order of their setup. */
import type { Contribution } from './tokens.ts';

export class Contributions {
  readonly #lists = new Map<string, Contribution<unknown>[]>();

  /**
   * The same array for the kernel's whole life, so that whoever holds it sees what is taken out.
   */
  of(point: string): Contribution<unknown>[] {
    const list = this.#lists.get(point) ?? [];
    this.#lists.set(point, list);
    return list;
  }

  /** Takes out everything a plugin has added. */
  removeAllBy(plugin: string): void {
    for (const list of this.#lists.values()) {
      list.splice(0, list.length, ...list.filter((entry) => entry.plugin !== plugin));
    }
  }

  /** Point id → how many values the plugin has added. */
  countsBy(plugin: string): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const [point, list] of this.#lists) {
      const count = list.filter((entry) => entry.plugin === plugin).length;
      if (count > 0) counts[point] = count;
    }
    return counts;
  }
}
