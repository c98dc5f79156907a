/**
 * What a game has answered since a command was sent, as plain lines: colours and cursor movements taken out, and the
 * echo of the command with them, so that nobody's own words are mistaken for the game's. Only whole lines count.
 */
import { StringDecoder } from 'node:string_decoder';

/** Older answers than these are forgotten: a game that floods its console confirms nothing by it. */
const MOST_TEXT = 65_536;
const ESCAPES =
  // oxlint-disable-next-line no-control-regex -- terminal sequences are made of them
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[()][A-Z0-9]|[=>78cDEHM])/g;
// oxlint-disable-next-line no-control-regex -- what is left of them is no text either
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f]/g;

export class Transcript {
  readonly #decoder = new StringDecoder('utf8');
  readonly #sent: ReadonlySet<string>;
  #text = '';
  #rest = '';

  /** `sent`: the lines whose echo is left out. */
  constructor(sent: readonly string[]) {
    this.#sent = new Set(sent.map((line) => line.trim()));
  }

  /** Lines, each with its `\n`. */
  get text(): string {
    return this.#text;
  }

  add(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.write(Buffer.from(chunk))).split(/[\r\n]+/);
    this.#rest = lines.pop()!.slice(-MOST_TEXT);
    for (const raw of lines) {
      const line = raw.replace(ESCAPES, '').replace(CONTROLS, '').trim();
      // A prompt may stand before what was typed.
      if (line !== '' && !this.#sent.has(line.replace(/^[>$#] ?/, ''))) this.#text += `${line}\n`;
    }
    this.#text = this.#text.slice(-MOST_TEXT);
  }
}
