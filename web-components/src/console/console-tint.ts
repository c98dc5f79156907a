/**
 * Makes log lines readable: the time faint, the level in its colour, the thread left out. Works on text in any pieces and
 * never changes a message; lines of another form pass as they are.
 */

const PREFIX =
  /^\[(\d\d:\d\d:\d\d)(?:\.\d+)?(?:\] \[(?:[^\]/]*\/)?| )(INFO|WARN|ERROR|FATAL|DEBUG|TRACE)\](?: \[[^\]]*\])?: /;

/** By then a line that could have the form has shown it. */
const LONGEST_PREFIX = 120;

const FAINT = '\u001b[90m';
const PLAIN = '\u001b[39m';
const COLOURS: Record<string, string> = {
  INFO: '\u001b[32m',
  WARN: '\u001b[33m',
  ERROR: '\u001b[31m',
  FATAL: '\u001b[31m',
};

export class ConsoleTint {
  /** Start of a line that is not long enough to tell; undefined inside a line. */
  #start: string | undefined = '';

  push(text: string): string {
    let out = '';
    for (const piece of text.split(/(?<=\n)/)) out += this.#piece(piece);
    return out;
  }

  /** Gives out what was held back. Call when nothing more came for a moment, as after a prompt. */
  flush(): string {
    const held = this.#start;
    if (!held) return '';
    this.#start = undefined;
    return held;
  }

  #piece(piece: string): string {
    const whole = piece.endsWith('\n');
    if (this.#start === undefined) {
      if (whole) this.#start = '';
      return piece;
    }
    const line = this.#start + piece;
    if (!whole && line.startsWith('[') && line.length < LONGEST_PREFIX && !PREFIX.test(line)) {
      this.#start = line;
      return '';
    }
    this.#start = whole ? '' : undefined;
    return tinted(line);
  }
}

function tinted(line: string): string {
  const found = PREFIX.exec(line);
  if (!found) return line;
  const [prefix, time = '', level = ''] = found;
  const colour = COLOURS[level] ?? FAINT;
  return `${FAINT}${time}${PLAIN} ${colour}${level.padEnd(5)}${PLAIN} ${line.slice(prefix.length)}`;
}
