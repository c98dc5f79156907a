/**
 * Things of one kind, by id, kept as the platform has them. Elements read it and redraw on `change`; whatever arrives
 * (a page, one item, an event) lands here, so that two elements never disagree.
 */
import { asApiError } from './problem.ts';
import type { ApiError } from './problem.ts';

/** More than anybody reads; beyond it a list is searched, not shown. */
const MOST_PAGES = 20;

export interface Source<T> {
  page(cursor: string | undefined): Promise<{ items: T[]; nextCursor: string | null }>;
  one(id: string): Promise<T | undefined>;
}

export class Collection<T extends { id: string; createdAt: string }> extends EventTarget {
  state: 'idle' | 'loading' | 'ready' | 'failed' = 'idle';
  error: ApiError | undefined;
  #source: Source<T>;
  #items = new Map<string, T>();
  /** When each item was last heard of, so that an old page does not undo newer news. */
  #heard = new Map<string, number>();
  #clock = 0;
  #refreshing = new Map<string, 'once' | 'again'>();

  constructor(source: Source<T>) {
    super();
    this.#source = source;
  }

  /** Newest first. */
  get items(): T[] {
    return [...this.#items.values()].toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  get(id: string): T | undefined {
    return this.#items.get(id);
  }

  /** Fetches all of it, unless that was done. */
  async need(): Promise<void> {
    if (this.state === 'idle' || this.state === 'failed') await this.load();
  }

  async load(): Promise<void> {
    const began = ++this.#clock;
    this.state = this.state === 'ready' ? 'ready' : 'loading';
    this.#changed();
    try {
      const fetched = await this.#pages();
      for (const id of this.#items.keys()) if (!this.#heardSince(id, began)) this.#items.delete(id);
      for (const item of fetched)
        if (!this.#heardSince(item.id, began)) this.#items.set(item.id, item);
      this.state = 'ready';
      this.error = undefined;
    } catch (error) {
      this.error = asApiError(error);
      if (this.state !== 'ready') this.state = 'failed';
    }
    this.#changed();
  }

  /** Fetches one again. Calls while one is under way are joined into one more. */
  async refresh(id: string): Promise<T | undefined> {
    if (this.#refreshing.has(id)) {
      this.#refreshing.set(id, 'again');
      return this.get(id);
    }
    try {
      do {
        this.#refreshing.set(id, 'once');
        const item = await this.#source.one(id);
        if (item) this.put(item);
        else this.remove(id);
      } while (this.#refreshing.get(id) === 'again');
    } finally {
      this.#refreshing.delete(id);
    }
    return this.get(id);
  }

  put(item: T): void {
    this.#items.set(item.id, item);
    this.#heard.set(item.id, ++this.#clock);
    this.#changed();
  }

  remove(id: string): void {
    this.#heard.set(id, ++this.#clock);
    if (this.#items.delete(id)) this.#changed();
  }

  /** Forgets everything, as on signing out. */
  clear(): void {
    this.#items.clear();
    this.#heard.clear();
    this.state = 'idle';
    this.#changed();
  }

  async #pages(): Promise<T[]> {
    const all: T[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { items, nextCursor } = await this.#source.page(cursor);
      all.push(...items);
      if (!nextCursor) break;
      cursor = nextCursor;
    }
    return all;
  }

  #heardSince(id: string, moment: number): boolean {
    return (this.#heard.get(id) ?? 0) > moment;
  }

  #changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}
