/**
 * What viewers have typed into a terminal and not sent yet. Promises that a command of the platform is a line of its
 * own all the same: the half line is taken back before it, as Ctrl-U does, and typed again behind it.
 */
const MOST_CHARACTERS = 1024;
const TAKE_BACK = '\u0015';
const ENTER = '\r';

export class HalfLine {
  /** Undefined where somebody typed what cannot be typed again: arrows, completions. */
  #text: string | undefined = '';

  typed(keys: string): void {
    const from = Math.max(keys.lastIndexOf('\r'), keys.lastIndexOf('\n')) + 1;
    if (from > 0) this.#text = '';
    const more = keys.slice(from);
    if (more === '' || this.#text === undefined) return;
    // oxlint-disable-next-line no-control-regex -- whatever edits a line
    const plain = !/[\u0000-\u001f\u007f-\u009f]/.test(more);
    const text = this.#text + more;
    this.#text = plain && text.length <= MOST_CHARACTERS ? text : undefined;
  }

  /** Keys that send the line. A terminal's Enter is a carriage return; games with line editing wait for exactly that. */
  around(line: string): string {
    if (this.#text === '') return line + ENTER;
    const again = this.#text ?? '';
    this.#text = again;
    return TAKE_BACK + line + ENTER + again;
  }
}
