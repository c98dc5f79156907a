/**
 * Merges keys into a Java .properties file that its owner edits by hand. Guarantees: bytes outside of the lines of the
 * wanted keys stay as they are, whatever their encoding and line endings; java.util.Properties then reads the wanted
 * values. The file is handled as Latin-1: one character for each byte.
 */

/** A key whose line was added or replaced. */
export interface ChangedKey {
  readonly key: string;
  /** The value that the file had; null when the key was missing. */
  readonly found: string | null;
  readonly value: string;
}

export interface Merged {
  readonly bytes: Buffer;
  readonly changed: readonly ChangedKey[];
}

/** A way of writing keys and values in lines. */
export interface Dialect {
  lines(text: string): Line[];
  line(key: string, value: string, ending: string): Line;
  /** Ends the last line of the file, so that the next one is an entry of its own. */
  closing(last: Line | undefined, eol: string): string;
}

/** `wanted` holds lines of a .properties file; its values win. New keys come last. */
export function mergeProperties(
  existing: Buffer,
  wanted: string,
  dialect: Dialect = javaProperties,
): Merged {
  const lines = dialect.lines(existing.toString('latin1'));
  const found = entriesOf(lines);
  const changed = [...entriesOf(dialect.lines(wanted))]
    .filter(([key, value]) => found.get(key) !== value)
    .map(([key, value]) => ({ key, found: found.get(key) ?? null, value }));
  if (changed.length === 0) return { bytes: existing, changed };
  const values = new Map(changed.map(({ key, value }) => [key, value]));
  const placed = new Set<string>();
  const merged: Line[] = [];
  for (const line of lines) {
    const key = line.entry?.key;
    const value = key === undefined ? undefined : values.get(key);
    if (key === undefined || value === undefined) merged.push(line);
    // A key that stands there twice keeps one line: the last would win over ours.
    else if (!placed.has(key)) merged.push(dialect.line(key, value, line.ending));
    if (key !== undefined) placed.add(key);
  }
  const eol = lines.findLast(({ ending }) => ending !== '')?.ending ?? '\n';
  const added = changed.filter(({ key }) => !placed.has(key));
  const texts = merged.map(({ raw }) => raw);
  if (added.length > 0) texts.push(dialect.closing(merged.at(-1), eol));
  for (const { key, value } of added) texts.push(dialect.line(key, value, eol).raw);
  return { bytes: Buffer.from(texts.join(''), 'latin1'), changed };
}

/** The last value of each key. */
export function readProperties(content: Buffer | string): ReadonlyMap<string, string> {
  return entriesOf(logicalLines(content.toString('latin1')));
}

export interface Line {
  /** All of its bytes, its ending included. */
  readonly raw: string;
  /** Empty at the end of a file that does not end in a line break. */
  readonly ending: string;
  /** The file ends in a backslash: the next line would be taken for a part of this one. */
  readonly isOpen: boolean;
  /** Undefined for comments and blank lines. */
  readonly entry: { readonly key: string; readonly value: string } | undefined;
}

/** Lines as Java reads them: one that ends in an odd number of backslashes goes on in the next. */
function logicalLines(text: string): Line[] {
  const lines: Line[] = [];
  let [raw, joined, last] = ['', '', ''];
  const end = (isOpen: boolean) => {
    lines.push({ raw, ending: last, isOpen, entry: joined === '' ? undefined : entryOf(joined) });
    [raw, joined] = ['', ''];
  };
  for (const [natural, content = '', ending = ''] of text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
    if (natural === '') break;
    const body = content.replace(/^[ \t\f]+/, '');
    const isComment = joined === '' && /^[#!]/.test(body);
    const goesOn = !isComment && endsInOddBackslashes(body);
    raw += natural;
    last = ending;
    if (!isComment) joined += goesOn ? body.slice(0, -1) : body;
    if (!goesOn) end(false);
  }
  if (raw !== '') end(true);
  return lines;
}

function endsInOddBackslashes(text: string): boolean {
  let at = text.length;
  while (text[at - 1] === '\\') at--;
  return (text.length - at) % 2 === 1;
}

function entriesOf(lines: readonly Line[]): Map<string, string> {
  return new Map(
    lines.flatMap(({ entry }) => (entry === undefined ? [] : [[entry.key, entry.value]])),
  );
}

function entryOf(line: string): Line['entry'] {
  const key = /^(?:\\[^]|[^\\:= \t\f])*/.exec(line)![0];
  const value = line.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
  return { key: unescaped(key), value: unescaped(value) };
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_all, hex?: string, one = '') =>
    hex === undefined ? (escapes[one] ?? one) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** In ASCII, which readers of Latin-1 and of UTF-8 understand alike. */
function lineOf(key: string, value: string, ending: string): Line {
  const raw = `${escaped(key, /[\\ :=]|^[#!]/g)}=${escaped(value, /\\|^ /g)}${ending}`;
  return { raw, ending, isOpen: false, entry: { key, value } };
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, '\\$&').replace(/[^\x20-\x7e]/g, (character) => {
    const short = Object.keys(escapes).find((each) => escapes[each] === character);
    return `\\${short ?? `u${character.charCodeAt(0).toString(16).padStart(4, '0')}`}`;
  });
}

/** Ends the last line, so that the next one is a line of its own. */
function closing(line: Line | undefined, eol: string): string {
  if (line === undefined) return '';
  return (line.ending === '' ? eol : '') + (line.isOpen ? eol : '');
}

export const javaProperties: Dialect = { lines: logicalLines, line: lineOf, closing };
