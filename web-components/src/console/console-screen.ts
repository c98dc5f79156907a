/**
 * The terminal the console writes on: always dark, follows the end until one scrolls up and then counts the lines that
 * wait, searches, and gives its text away. Knows nothing of servers.
 */
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Terminal } from '@xterm/xterm';
import { consoleLinks } from './console-links.ts';
import { ConsoleTint } from './console-tint.ts';

const SCROLLBACK = 10_000;
const FLUSH_MS = 40;
const FONT =
  "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace";

const theme = {
  background: '#05070a',
  foreground: '#e6eaf0',
  cursor: '#05070a',
  selectionBackground: '#2b5a75',
  black: '#1b2027',
  red: '#ff7a70',
  green: '#4fd08a',
  yellow: '#efc255',
  blue: '#7db4ff',
  magenta: '#d59bf0',
  cyan: '#35cfd0',
  white: '#d3d9e1',
  brightBlack: '#818a96',
  brightRed: '#ff9c94',
  brightGreen: '#7fe3ab',
  brightYellow: '#ffdc85',
  brightBlue: '#a9cdff',
  brightMagenta: '#e6bff8',
  brightCyan: '#7ee6e6',
  brightWhite: '#ffffff',
};

const found = {
  matchBackground: '#4d4418',
  activeMatchBackground: '#a8861a',
  matchOverviewRuler: '#a8861a',
  activeMatchColorOverviewRuler: '#efc255',
};

export class ConsoleScreen {
  /** Lines that came while the reader looked further up. */
  waiting = 0;
  matches = { index: -1, count: 0 };
  #terminal: Terminal;
  #fit = new FitAddon();
  #search = new SearchAddon();
  /** Null in a terminal: its programs choose their colours. */
  #tint: ConsoleTint | null;
  #decoder = new TextDecoder();
  #flush: ReturnType<typeof setTimeout> | undefined;
  #observer: ResizeObserver;

  /**
   * Draws into `parent`; `changed` is called when `waiting` or `matches` did, `resized` with the new size. With
   * `typed` it is a terminal to work in, which hands over each key as the program is to read it.
   */
  constructor(
    parent: HTMLElement,
    changed: () => void,
    resized: (cols: number, rows: number) => void,
    typed?: (keys: string) => void,
  ) {
    this.#tint = typed === undefined ? new ConsoleTint() : null;
    this.#terminal = new Terminal({
      allowProposedApi: true,
      convertEol: typed === undefined,
      disableStdin: typed === undefined,
      cursorInactiveStyle: 'none',
      fontFamily: FONT,
      fontSize: 13,
      lineHeight: 1.26,
      linkHandler: consoleLinks(parent),
      scrollback: SCROLLBACK,
      theme: typed === undefined ? theme : { ...theme, cursor: theme.foreground },
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(this.#search);
    this.#terminal.open(parent);
    if (typed !== undefined) this.#terminal.onData(typed);
    else {
      // Typing goes to the input line, so the terminal is no stop for the Tab key.
      this.#terminal.textarea?.setAttribute('tabindex', '-1');
      this.#terminal.textarea?.setAttribute('aria-hidden', 'true');
    }
    this.#terminal.onScroll(() => this.#scrolled(changed));
    this.#terminal.onWriteParsed(() => changed());
    this.#terminal.onResize(({ cols, rows }) => resized(cols, rows));
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) => {
      this.matches = { index: resultIndex, count: resultCount };
      changed();
    });
    parent.addEventListener('wheel', () => requestAnimationFrame(() => this.#scrolled(changed)), {
      passive: true,
    });
    this.#observer = new ResizeObserver(() => this.#fit.fit());
    this.#observer.observe(parent);
  }

  /** Nothing has been written on it. */
  get empty(): boolean {
    const { baseY, cursorX, cursorY } = this.#terminal.buffer.active;
    return baseY + cursorX + cursorY === 0;
  }

  get size(): { readonly cols: number; readonly rows: number } {
    const { cols, rows } = this.#terminal;
    return { cols, rows };
  }

  get atEnd(): boolean {
    const { viewportY, baseY } = this.#terminal.buffer.active;
    return viewportY >= baseY;
  }

  write(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (!this.atEnd) this.waiting += text.split('\n').length - 1;
    const tint = this.#tint;
    if (tint === null) return this.#terminal.write(text);
    this.#terminal.write(tint.push(text));
    clearTimeout(this.#flush);
    this.#flush = setTimeout(() => this.#terminal.write(tint.flush()), FLUSH_MS);
  }

  /** Empties it, before the scrollback comes anew. */
  reset(): void {
    if (this.#tint !== null) this.#tint = new ConsoleTint();
    this.#decoder = new TextDecoder();
    this.#terminal.reset();
    this.waiting = 0;
  }

  toEnd(): void {
    this.waiting = 0;
    this.#terminal.scrollToBottom();
  }

  /** Scrolls by the keys that do so everywhere else; true when it did. */
  key(key: string): boolean {
    if (key === 'PageUp') this.#terminal.scrollPages(-1);
    else if (key === 'PageDown') this.#terminal.scrollPages(1);
    else if (key === 'Home') this.#terminal.scrollToTop();
    else if (key === 'End') this.toEnd();
    else if (key === 'ArrowUp') this.#terminal.scrollLines(-1);
    else if (key === 'ArrowDown') this.#terminal.scrollLines(1);
    else return false;
    return true;
  }

  find(text: string, backwards: boolean): void {
    const options = { decorations: found, incremental: false };
    if (text === '') this.clearFound();
    else if (backwards) this.#search.findPrevious(text, options);
    else this.#search.findNext(text, options);
  }

  clearFound(): void {
    this.#search.clearDecorations();
    this.#terminal.clearSelection();
    this.matches = { index: -1, count: 0 };
  }

  /** What is selected, or everything. */
  text(): string {
    const selected = this.#terminal.getSelection();
    if (selected) return selected;
    const { active } = this.#terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row));
    return lines
      .map((line) => (line?.isWrapped ? '' : '\n') + (line?.translateToString(true) ?? ''))
      .join('')
      .trim();
  }

  dispose(): void {
    clearTimeout(this.#flush);
    this.#observer.disconnect();
    this.#terminal.dispose();
  }

  #scrolled(changed: () => void): void {
    if (this.atEnd) this.waiting = 0;
    changed();
  }
}
