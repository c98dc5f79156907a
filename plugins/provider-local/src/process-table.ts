/** The processes of this machine as the system knows them: nothing that a process says of itself is read. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Real, effective and saved. The owner of `/proc/<pid>` would not do: a process may make that root. */
  readonly uids: readonly number[];
}

/** Zombies are left out, and so is this process. */
export function processTable(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => entryOf(Number(name)));
}

function entryOf(pid: number): ProcessEntry[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return []; // it ended meanwhile
  }
  // The name in the first line is the process's own choice; it holds no line break.
  const value = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(text)?.[1] ?? '';
  if (/^[ZX]/.test(value('State'))) return [];
  const uids = value('Uid').split(/\s+/).slice(0, 3).map(Number);
  return [{ pid, parent: Number(value('PPid')), uids }];
}
