/** The contributions of plugins to points: one list per point, in the order of their setup. */
import type { Contribution } from './tokens.ts';

export class Contributions {
  readonly #lists = new Map<string, Contribution<unknown>[]>();

  /** The same array for the kernel's whole life: its holder sees removals, too. */
  of(point: string): Contribution<unknown>[] {
    const list = this.#lists.get(point) ?? [];
    this.#lists.set(point, list);
    return list;
  }

  /** @param contributed a value, or a function of `use` that is called when the value is first read */
  add(point: string, plugin: string, contributed: unknown, use: unknown): void {
    const isValue = typeof contributed !== 'function';
    this.of(point).push(
      isValue
        ? { plugin, value: contributed }
        : madeOnce(plugin, () => (contributed as (use: unknown) => unknown)(use)),
    );
  }

  /** Makes every value of the plugin that nobody has read yet; throws what its function throws. */
  makeAllBy(plugin: string): void {
    for (const list of this.#lists.values()) {
      for (const entry of list) if (entry.plugin === plugin) void entry.value;
    }
  }

  /** Removes every contribution of the plugin. */
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

function madeOnce(plugin: string, make: () => unknown): Contribution<unknown> {
  let made: { readonly value: unknown } | undefined;
  return {
    plugin,
    get value() {
      made ??= { value: make() };
      return made.value;
    },
  };
}
