/** Finds the first place where a text stops being JSON, for people: `JSON.parse` tells it of some texts and not of others. */

export interface SyntaxFault {
  /** From 1; columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** What should stand there: `a value`. */
  readonly expected: string;
}

/** The text must not be nested deeper than the stack allows: look at `nestingOf` before. Null when it is JSON. */
export function findSyntaxFault(text: string): SyntaxFault | null {
  try {
    new Reader(text).readAll();
    return null;
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    const before = text.slice(0, error.at).split('\n');
    return { line: before.length, column: before.at(-1)!.length + 1, expected: error.expected };
  }
}

class Found extends Error {
  readonly at: number;
  readonly expected: string;

  constructor(at: number, expected: string) {
    super(expected);
    this.at = at;
    this.expected = expected;
  }
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literal = /true|false|null/y;
const escape = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): void {
    this.#value();
    if (this.#at < this.#text.length) this.#fail('nothing more');
  }

  /** And the white space on both sides. */
  #value(): void {
    this.#skip(space);
    if (this.#takes('{')) this.#members();
    else if (this.#takes('[')) this.#items();
    else if (this.#text[this.#at] === '"') this.#string();
    else if (!this.#skip(number) && !this.#skip(literal)) this.#fail('a value');
    this.#skip(space);
  }

  #members(): void {
    this.#skip(space);
    if (this.#takes('}')) return;
    do {
      this.#skip(space);
      if (this.#text[this.#at] !== '"') this.#fail('a name in double quotes');
      this.#string();
      this.#skip(space);
      if (!this.#takes(':')) this.#fail('a colon');
      this.#value();
    } while (this.#takes(','));
    if (!this.#takes('}')) this.#fail('a comma or "}"');
  }

  #items(): void {
    this.#skip(space);
    if (this.#takes(']')) return;
    do this.#value();
    while (this.#takes(','));
    if (!this.#takes(']')) this.#fail('a comma or "]"');
  }

  #string(): void {
    for (this.#at++; !this.#takes('"');) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code)) this.#fail('a closing double quote');
      if (code < 0x20) this.#fail('a control character in its escaped form');
      if (code !== 0x5c) this.#at++;
      else if (!this.#skip(escape)) this.#fail('a valid escape');
    }
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** Whether anything was there. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    const moved = pattern.lastIndex > this.#at;
    this.#at = pattern.lastIndex;
    return moved;
  }

  #fail(expected: string): never {
    throw new Found(this.#at, expected);
  }
}

/** How deep lists and objects stand in one another. One pass over the bytes, whatever they are. */
export function nestingOf(json: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (quoted) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return deepest;
}
