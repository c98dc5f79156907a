/**
 * Merges keys into a Java .properties file the way its owner would: values are replaced in place, new
 * keys come last, and comments, order and every other key stay as they are.
 */

/** Both are whole files; the keys of `wanted` win. */
export function mergeProperties(existing: string, wanted: string): string {
  const lines = new Map<string, string>();
  for (const line of logicalLines(wanted)) {
    const key = keyOf(line);
    if (key !== undefined) lines.set(key, line);
  }
  const placed = new Set<string>();
  const merged: string[] = [];
  for (const line of logicalLines(existing)) {
    const key = keyOf(line);
    const replacement = key === undefined ? undefined : lines.get(key);
    if (replacement === undefined) merged.push(line);
    // A key that stood there twice keeps one line: the last would have won over ours.
    else if (!placed.has(key!)) merged.push(replacement);
    if (key !== undefined) placed.add(key);
  }
  const added = [...lines].filter(([key]) => !placed.has(key)).map(([, line]) => line);
  return [...merged, ...added].map((line) => `${line}\n`).join('');
}

/** Lines as Java reads them: one that ends in an odd number of backslashes goes on in the next. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open = false;
  for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) {
    if (open) lines[lines.length - 1] += `\n${line}`;
    else lines.push(line);
    const comment: boolean = !open && /^\s*[#!]/.test(line);
    open = !comment && (/\\*$/.exec(line)?.[0].length ?? 0) % 2 === 1;
  }
  return lines.length === 1 && lines[0] === '' ? [] : lines;
}

/** Undefined for comments and blank lines. */
function keyOf(line: string): string | undefined {
  const start = line.trimStart();
  if (start === '' || start.startsWith('#') || start.startsWith('!')) return undefined;
  const key = /^(?:\\.|[^\\:=\s])*/s.exec(start)![0];
  return key.replace(/\\(.)/gs, '$1');
}
