/**
 * Files that whoever started this process had open, and left open for it by mistake: a lock, a log, another
 * program's socket. No child of this process shall get them. Node closes its own files to children anyway.
 */
import { closeSync, existsSync, readdirSync, readFileSync } from 'node:fs';

const closedOnExec = 0o2000000;

/** Closes every descriptor from 3 on that a child would inherit. */
export function closeInheritedDescriptors(): void {
  if (!existsSync('/proc/self/fd')) return; // Linux alone shows them
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd > 2 && isInheritable(fd)) closeSync(fd);
  }
}

function isInheritable(fd: number): boolean {
  let text: string;
  try {
    text = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
  } catch {
    return false; // it was opened for the look at the folder alone
  }
  const flags = /^flags:\s*([0-7]+)$/m.exec(text)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & closedOnExec) === 0;
}
