/**
 * For tests: reads a .properties file as java.util.Properties does, character by character after `LineReader.readLine` and
 * `load0` of JDK 17, and knows which bytes belong to which key.
 */

interface LogicalLine {
  /** Where its first natural line begins, and where its last one ends. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface JavaProperties {
  readonly text: string;
  readonly values: ReadonlyMap<string, string>;
  /** The file without the lines of some keys. */
  without(isGone: (key: string) => boolean): string;
}

export function readProperties(bytes: Buffer): JavaProperties {
  const text = bytes.toString('latin1');
  const entries = linesOf(text).map((line) => ({ ...line, ...split(line.text) }));
  return {
    text,
    values: new Map(entries.map(({ key, value }) => [key, value])),
    without(isGone) {
      let [kept, at] = ['', 0];
      for (const { key, start, end } of entries)
        if (isGone(key)) {
          kept += text.slice(at, start);
          at = end;
        }
      return kept + text.slice(at);
    },
  };
}

const isSpace = (c: string | undefined) => c === ' ' || c === '\t' || c === '\f';
const isBreak = (c: string | undefined) => c === '\n' || c === '\r';

function linesOf(text: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  for (let at = 0; at < text.length;) {
    const line = readLine(text, at);
    if (line === undefined) break;
    lines.push(line);
    at = line.end;
  }
  return lines;
}

function readLine(text: string, from: number): LogicalLine | undefined {
  let [at, start, line] = [from, from, ''];
  let [skipsSpace, isContinuation, backslash] = [true, false, false];
  for (;;) {
    if (at >= text.length) {
      if (line === '') return undefined;
      return { start, end: at, text: backslash ? line.slice(0, -1) : line };
    }
    const c = text[at++]!;
    if (skipsSpace) {
      if (isSpace(c)) continue;
      if (!isContinuation && isBreak(c)) {
        start = at;
        continue;
      }
      skipsSpace = false;
      isContinuation = false;
    }
    if (line === '' && (c === '#' || c === '!')) {
      while (at < text.length && !isBreak(text[at])) at++;
      skipsSpace = true;
      continue;
    }
    if (!isBreak(c)) {
      line += c;
      backslash = c === '\\' && !backslash;
      continue;
    }
    if (line === '') {
      skipsSpace = true;
      start = at;
      continue;
    }
    const isLast = at >= text.length;
    if (c === '\r' && text[at] === '\n') at++;
    if (!backslash) return { start, end: at, text: line };
    if (isLast) return { start, end: at, text: line.slice(0, -1) };
    line = line.slice(0, -1);
    [skipsSpace, isContinuation, backslash] = [true, true, false];
  }
}

function split(line: string): { readonly key: string; readonly value: string } {
  let [length, hasSeparator, backslash] = [0, false, false];
  let valueStart = line.length;
  for (; length < line.length; length++) {
    const c = line[length]!;
    hasSeparator = (c === '=' || c === ':') && !backslash;
    if (hasSeparator || (isSpace(c) && !backslash)) {
      valueStart = length + 1;
      break;
    }
    backslash = c === '\\' && !backslash;
  }
  for (; valueStart < line.length; valueStart++) {
    const c = line[valueStart]!;
    if (isSpace(c)) continue;
    if (hasSeparator || (c !== '=' && c !== ':')) break;
    hasSeparator = true;
  }
  return { key: convert(line.slice(0, length)), value: convert(line.slice(valueStart)) };
}

const short: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n', f: '\f' };

/** Java refuses a file with a broken `\\u`; here the `u` stands for itself. */
function convert(text: string): string {
  let out = '';
  for (let at = 0; at < text.length;) {
    let c = text[at++]!;
    if (c === '\\' && at < text.length) {
      c = text[at++]!;
      const hex = text.slice(at, at + 4);
      if (c === 'u' && /^[0-9a-fA-F]{4}$/.test(hex)) {
        c = String.fromCharCode(Number.parseInt(hex, 16));
        at += 4;
      } else c = short[c] ?? c;
    }
    out += c;
  }
  return out;
}
