/**
 * Adds and removes a plugin's entry in the text of a configuration. Guarantees: everything else in the
 * file, comments and spreads included, stays as the host typed it.
 */
import { CodedError } from '../../errors.ts';

const opening = /^([ \t]*)plugins\s*:\s*\{[^\n]*\n/m;

/**
 * The text with `'name': {},` as the first entry of `plugins`; unchanged where the name has an entry
 * already.
 */
export function withEntry(text: string, name: string): string {
  if (entryOf(text, name) !== undefined) return text;
  const found = opening.exec(text);
  if (found === null)
    throw new CodedError(
      'kernel.configuration-not-editable',
      'The configuration has no line that begins with "plugins: {".',
      `Write "'${name}': {}," among its plugins yourself.`,
    );
  const at = found.index + found[0].length;
  return `${text.slice(0, at)}${found[1]}  '${name}': {},\n${text.slice(at)}`;
}

/** The text without the entry of this name, whatever its settings are. */
export function withoutEntry(text: string, name: string): string {
  const entry = entryOf(text, name);
  return entry === undefined ? text : text.slice(0, entry.from) + text.slice(entry.to);
}

interface Entry {
  readonly from: number;
  readonly to: number;
}

/** From the beginning of its line to the end of the line that closes it. */
function entryOf(text: string, name: string): Entry | undefined {
  const key = new RegExp(`^[ \\t]*(['"])${name.replaceAll(/[^\w@/-]/g, '\\$&')}\\1\\s*:`, 'm').exec(
    text,
  );
  if (key === null) return undefined;
  let depth = 0;
  for (let at = key.index + key[0].length; at < text.length; at++) {
    const character = text[at]!;
    if (`'"\``.includes(character)) at = endOfText(text, at);
    else if ('{[('.includes(character)) depth++;
    else if ('}])'.includes(character) && depth-- === 0) return { from: key.index, to: at };
    else if (character === ',' && depth === 0) return { from: key.index, to: restOf(text, at + 1) };
  }
  return undefined;
}

/** Past the end of the line, unless something else stands there. */
function restOf(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  const isAlone = end !== -1 && text.slice(at, end).trim() === '';
  return isAlone ? end + 1 : at;
}

function endOfText(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== text[from]) at += text[at] === '\\' ? 2 : 1;
  return at;
}
