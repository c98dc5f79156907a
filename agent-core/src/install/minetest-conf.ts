/**
 * Lines of a minetest.conf, as Luanti reads them: `key = value` without escapes, values of several
 * lines between `"""`, groups between braces. Guarantees: a line inside of either is nobody's entry.
 */
import type { Dialect, Line } from './properties.ts';

const quotes = '"""';

export const minetestConf: Dialect = { lines, line, closing };

function lines(text: string): Line[] {
  const found: Line[] = [];
  let open: { readonly key: string; readonly until: readonly string[]; raw: string } | undefined;
  for (const [raw, content = '', ending = ''] of text.matchAll(/([^\n]*)(\n|$)/g)) {
    if (raw === '') break;
    const trimmed = content.trim();
    if (open !== undefined) {
      const until = after(open.until, content);
      open = { ...open, raw: open.raw + raw, until };
      if (until.length > 0) continue;
      found.push({
        raw: open.raw,
        ending,
        isOpen: false,
        entry: { key: open.key, value: open.raw },
      });
      open = undefined;
      continue;
    }
    const equals = trimmed.startsWith('#') ? -1 : trimmed.indexOf('=');
    const key = trimmed.slice(0, Math.max(equals, 0)).trim();
    const value = trimmed.slice(equals + 1).trim();
    const until = equals < 0 ? [] : opened(value);
    const entry = key === '' ? undefined : { key, value };
    if (until.length > 0) open = { key, until, raw };
    else
      found.push({
        raw,
        ending: `${content.endsWith('\r') ? '\r' : ''}${ending}`,
        isOpen: false,
        entry,
      });
  }
  if (open !== undefined) {
    const ending = open.raw.endsWith('\n') ? '\n' : '';
    found.push({ raw: open.raw, ending, isOpen: true, entry: { key: open.key, value: open.raw } });
  }
  return found;
}

/** The lines that must come before the entry ends, the innermost first. */
function opened(value: string): string[] {
  if (value === quotes) return [quotes];
  return value === '{' ? ['}'] : [];
}

function after(until: readonly string[], content: string): readonly string[] {
  const [next, ...outer] = until;
  // Luanti compares the line of quotes as it is, the brace without blanks around it.
  if (next === quotes) return content === quotes ? outer : until;
  if (content.trim() === '}') return outer;
  const equals = content.indexOf('=');
  return equals < 0 ? until : [...opened(content.slice(equals + 1).trim()), ...until];
}

function line(key: string, value: string, ending: string): Line {
  return { raw: `${key} = ${value}${ending}`, ending, isOpen: false, entry: { key, value } };
}

/**
 * An unclosed value goes to the end of the file, and stays the same when the end closes it.
 */
function closing(last: Line | undefined, eol: string): string {
  if (last === undefined) return '';
  const end = last.ending === '' ? eol : '';
  if (!last.isOpen) return end;
  let until: readonly string[] = [];
  for (const each of last.raw.split('\n'))
    until =
      until.length === 0 ? opened(each.slice(each.indexOf('=') + 1).trim()) : after(until, each);
  return `${end}${until.map((each) => `${each}\n`).join('')}`;
}
