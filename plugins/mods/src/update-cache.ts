/** Which updates there are, remembered for a while: lists are looked at more often than mods are published. */
import type { Fit } from './publisher/modrinth.ts';
import type { Mod, Release } from './set/mod.ts';

type Updates = ReadonlyMap<string, Release> | null;

const keptMs = 10 * 60_000;
/** A publisher that does not answer is left alone for this long. */
const silenceMs = 60_000;
const patienceMs = 5000;
const mostSets = 500;

export class UpdateCache {
  readonly #sets = new Map<
    string,
    { readonly until: number; readonly updates: Promise<Updates> }
  >();

  /** Null when they are not known. */
  get(
    { loaders, version }: Fit,
    mods: readonly Mod[],
    ask: (signal: AbortSignal) => Promise<ReadonlyMap<string, Release>>,
  ): Promise<Updates> {
    const key = JSON.stringify([
      loaders,
      version,
      mods.map(({ id, release }) => [id, release.sha512]),
    ]);
    const now = performance.now();
    const kept = this.#sets.get(key);
    if (kept !== undefined && kept.until > now) return kept.updates;
    const updates = ask(AbortSignal.timeout(patienceMs)).catch(() => {
      this.#keep(key, now + silenceMs, Promise.resolve(null)); // said to the user as "not known"
      return null;
    });
    this.#keep(key, now + keptMs, updates);
    return updates;
  }

  #keep(key: string, until: number, updates: Promise<Updates>): void {
    this.#sets.delete(key);
    this.#sets.set(key, { until, updates });
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > mostSets) this.#sets.delete(oldest!);
  }
}
