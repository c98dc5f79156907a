/** The lines one has sent, walked with the arrow keys; what was being typed is kept below the newest. */

const MOST = 100;

export class CommandHistory {
  #lines: string[];
  #place: number;
  #draft = '';
  #store: (lines: readonly string[]) => void;

  constructor(lines: readonly string[] = [], store: (lines: readonly string[]) => void = () => {}) {
    this.#lines = lines.slice(-MOST);
    this.#place = this.#lines.length;
    this.#store = store;
  }

  /** Remembers a sent line; the same one twice in a row counts once. */
  add(line: string): void {
    if (line && this.#lines.at(-1) !== line) this.#lines = [...this.#lines.slice(1 - MOST), line];
    this.#place = this.#lines.length;
    this.#draft = '';
    this.#store(this.#lines);
  }

  /** The line before the one shown. */
  older(shown: string): string {
    if (this.#place === this.#lines.length) this.#draft = shown;
    this.#place = Math.max(0, this.#place - 1);
    return this.#lines[this.#place] ?? shown;
  }

  /** The line after the one shown, at last what was being typed. */
  newer(shown: string): string {
    if (this.#place === this.#lines.length) return shown;
    this.#place++;
    return this.#lines[this.#place] ?? this.#draft;
  }
}

/** History of one server, kept for as long as the tab is. */
export function historyOf(instanceId: string): CommandHistory {
  const key = `zlh.console.${instanceId}`;
  const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]');
  const lines = Array.isArray(stored) ? stored.filter((line) => typeof line === 'string') : [];
  return new CommandHistory(lines, (kept) => sessionStorage.setItem(key, JSON.stringify(kept)));
}
