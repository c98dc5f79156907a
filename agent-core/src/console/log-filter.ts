/**
 * What a game may do to the terminals of those who read its log: colour its text, and rewrite the line it is on.
 * Guarantees: nothing else reaches a viewer, however the output is cut into chunks, and the state is bounded.
 * A cleared screen would blank the console for everybody; a query would make each terminal type an answer.
 *
 * Kept are newline, carriage return, tab and backspace; SGR (colours), EL (erase in line), CUB and CUF (moves
 * within the line, with which games redraw a prompt). All others go: C0, DEL, C1 in UTF-8, ESC, CSI, OSC, DCS.
 */
import { endOfKept, endsKept, isKept, maxSequenceBytes } from './kept-sequence.ts';

/** A string that nothing closes hides this much of a log at most, and no more than the rest of its line. */
const maxStringBytes = 4096;

const esc = 0x1b;
const newline = 0x0a;
/** BEL, CAN, SUB: they end a string. */
const stringEnds = [0x07, 0x18, 0x1a];
/** OSC, DCS, SOS, PM, APC: what follows ESC, which in UTF-8 is C2 and the same plus 0x40. */
const stringBegins = [0x5d, 0x50, 0x58, 0x5e, 0x5f];
const controlBegin = 0x5b;

/** Backspace, tab, newline, carriage return. */
const keptControls = [0x08, 0x09, newline, 0x0d];

type State = 'text' | 'c2' | 'escape' | 'escape-more' | 'control' | 'string' | 'string-c2';

export class LogFilter {
  #state: State = 'text';
  /** The control sequence so far, from its ESC on. */
  readonly #sequence = Buffer.alloc(maxSequenceBytes);
  #sequenceBytes = 0;
  #stringBytes = 0;
  #out = Buffer.alloc(0);
  #used = 0;

  /** What there is to show; the chunk itself where nothing has to go. Neither may be changed afterwards. */
  push(chunk: Buffer): Buffer {
    const text = chunk.toString('latin1');
    let at = this.#state === 'text' ? endOfKept(text, 0) : 0;
    if (at === chunk.length) return chunk;
    this.#out = Buffer.allocUnsafe(chunk.length + maxSequenceBytes + 1);
    this.#used = chunk.copy(this.#out, 0, 0, at);
    while (at < chunk.length) {
      this.#take(chunk[at++]!);
      if (this.#state !== 'text' || chunk[at] === esc) continue;
      const begin = at;
      at = endOfKept(text, at);
      this.#used += chunk.copy(this.#out, this.#used, begin, at);
    }
    return this.#out.subarray(0, this.#used);
  }

  #emit(byte: number): void {
    this.#out[this.#used++] = byte;
  }

  #take(byte: number): void {
    switch (this.#state) {
      case 'text':
        return this.#takeInText(byte);
      case 'c2':
        return this.#takeAfterC2(byte);
      case 'escape':
        return this.#takeAfterEscape(byte);
      case 'escape-more':
        if (byte >= 0x20 && byte < 0x30) return;
        this.#state = 'text';
        return byte < 0x20 || byte > 0x7e ? this.#takeInText(byte) : undefined;
      case 'control':
        return this.#takeInControl(byte);
      case 'string':
        return this.#takeInString(byte);
      case 'string-c2':
        this.#state = byte === 0x9c ? 'text' : 'string';
        return byte === 0x9c ? undefined : this.#takeInString(byte);
    }
  }

  #takeInText(byte: number): void {
    if (byte === esc) this.#state = 'escape';
    else if (byte === 0xc2) this.#state = 'c2';
    else if ((byte >= 0x20 && byte !== 0x7f) || keptControls.includes(byte)) this.#emit(byte);
  }

  #takeAfterC2(byte: number): void {
    this.#state = 'text';
    if (byte >= 0x80 && byte < 0xa0) return this.#begin(byte - 0x40);
    this.#emit(0xc2);
    this.#takeInText(byte);
  }

  #takeAfterEscape(byte: number): void {
    if (byte === esc) return;
    this.#state = 'text';
    if (byte < 0x20 || byte > 0x7e) this.#takeInText(byte);
    else if (byte < 0x30) this.#state = 'escape-more';
    else this.#begin(byte);
  }

  /** `kind`: the byte behind ESC. Sequences of two bytes end here. */
  #begin(kind: number): void {
    if (kind === controlBegin) {
      this.#state = 'control';
      this.#sequence[0] = esc;
      this.#sequence[1] = controlBegin;
      this.#sequenceBytes = 2;
    } else if (stringBegins.includes(kind)) {
      this.#state = 'string';
      this.#stringBytes = 0;
    }
  }

  #takeInControl(byte: number): void {
    if (byte === 0x7f) return;
    if (byte < 0x20 || byte > 0x7f) {
      this.#state = 'text';
      return this.#takeInText(byte);
    }
    // One that is too long keeps the count of its bytes beyond the room for them.
    if (this.#sequenceBytes < maxSequenceBytes) this.#sequence[this.#sequenceBytes] = byte;
    if (this.#sequenceBytes <= maxSequenceBytes) this.#sequenceBytes++;
    if (byte < 0x40) return;
    this.#state = 'text';
    if (this.#sequenceBytes > maxSequenceBytes || !endsKept(byte)) return;
    const sequence = this.#sequence.subarray(0, this.#sequenceBytes);
    if (isKept(sequence)) this.#used += sequence.copy(this.#out, this.#used);
  }

  #takeInString(byte: number): void {
    if (byte === esc) this.#state = 'escape';
    else if (byte === 0xc2) this.#state = 'string-c2';
    else if (byte === newline) {
      this.#state = 'text';
      this.#emit(byte);
    } else if (stringEnds.includes(byte) || ++this.#stringBytes >= maxStringBytes)
      this.#state = 'text';
  }
}
