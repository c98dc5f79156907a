/**
 * Which entries of a shared cache are used by whom, so that what nobody uses can be swept: `<cache>/.uses/<owner>`, a
 * file for each agent, which it alone writes. Promises that an entry counts as used from before it is looked for until
 * the agent says otherwise or its home is gone, whatever is killed in between.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile, writeFileAtomic } from '../lib/atomic-file.ts';

/** What an entry is used for: each has a list of its own, so that neither forgets the other's. */
export type Purpose = 'game' | 'release';

interface Uses {
  /** Of the agent; who has none any more uses nothing. */
  readonly home: string;
  readonly entries: Readonly<Record<Purpose, readonly string[]>>;
}

export class ArtifactUses {
  readonly #folder: string;
  readonly #owner: string;
  readonly #home: string;

  constructor(cache: string, owner: string, home: string) {
    this.#folder = join(cache, '.uses');
    this.#owner = owner;
    this.#home = home;
  }

  /** Beside those that are used already. */
  add(purpose: Purpose, entries: readonly string[]): void {
    this.#say(purpose, [...this.#own.entries[purpose], ...entries]);
  }

  /** These and no others. */
  only(purpose: Purpose, entries: readonly string[]): void {
    this.#say(purpose, entries);
  }

  /** Of all agents that have a home still. */
  all(): ReadonlySet<string> {
    const used = new Set<string>();
    for (const owner of this.#owners()) {
      const path = join(this.#folder, owner);
      const uses = readJsonFile(path) as Uses | undefined;
      if (uses === undefined) continue; // being written for the first time
      if (!existsSync(uses.home)) rmSync(path, { force: true });
      else for (const entry of Object.values(uses.entries).flat()) used.add(entry);
    }
    return used;
  }

  get #own(): Uses {
    const none = { home: this.#home, entries: { game: [], release: [] } };
    return (readJsonFile(join(this.#folder, this.#owner)) as Uses | undefined) ?? none;
  }

  #owners(): string[] {
    try {
      return readdirSync(this.#folder).filter((name) => /^[0-9a-z]+$/.test(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** A disk too full for it keeps nobody from starting; what is swept meanwhile is made anew when it is needed. */
  #say(purpose: Purpose, entries: readonly string[]): void {
    try {
      this.#write(purpose, [...new Set(entries)]);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    }
  }

  #write(purpose: Purpose, entries: readonly string[]): void {
    const own = this.#own;
    if (own.home === this.#home && String(own.entries[purpose]) === String(entries)) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o755 });
    const next: Uses = { home: this.#home, entries: { ...own.entries, [purpose]: entries } };
    writeFileAtomic(join(this.#folder, this.#owner), JSON.stringify(next));
  }
}
