/**
 * Keys that viewers type, for games whose console is not the terminal: shows what is typed, edits it as far as a
 * backspace goes, and hands over whole lines.
 */
const MOST_CHARACTERS = 1024;
// oxlint-disable-next-line no-control-regex -- arrow keys and their like
const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?/g;

export class LineInput {
  readonly #send: (line: string) => boolean;
  readonly #show: (bytes: Uint8Array) => void;
  #line = '';

  constructor(send: (line: string) => boolean, show: (bytes: Uint8Array) => void) {
    this.#send = send;
    this.#show = show;
  }

  type(keys: string): void {
    let shown = '';
    for (const key of keys.replace(SEQUENCE, '')) shown += this.#key(key);
    if (shown !== '') this.#show(Buffer.from(shown));
  }

  /** What the key makes appear. */
  #key(key: string): string {
    if (key === '\r' || key === '\n') return this.#enter();
    if (key === '\u0003' || key === '\u0015') {
      const gone = '\b \b'.repeat(Array.from(this.#line).length);
      this.#line = '';
      return gone;
    }
    if (key === '\u007f' || key === '\b') {
      if (this.#line === '') return '';
      this.#line = Array.from(this.#line).slice(0, -1).join('');
      return '\b \b';
    }
    // oxlint-disable-next-line no-control-regex -- these are left out
    if (
      /[\u0000-\u001f\u0080-\u009f\u2028\u2029]/.test(key) ||
      this.#line.length >= MOST_CHARACTERS
    )
      return '';
    this.#line += key;
    return key;
  }

  #enter(): string {
    const line = this.#line;
    this.#line = '';
    if (line.trim() === '') return '\r\n';
    try {
      return this.#send(line) ? '\r\n' : '\r\nThe server does not take commands now.\r\n';
    } catch (error) {
      return `\r\n${error instanceof Error ? error.message : String(error)}\r\n`;
    }
  }
}
