/** Processes that belong to a folder: they work in it, or were started with a path inside it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';

/** Their pids, lowest first. Zombies and the caller do not count. */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && belongs(pid, folder))
    .sort((a, b) => a - b);
}

function belongs(pid: number, folder: string): boolean {
  const inside = (path: string) => path === folder || path.startsWith(folder + sep);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (stat[stat.lastIndexOf(')') + 2] === 'Z') return false;
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').some(inside)) return true;
    return inside(readlinkSync(`/proc/${pid}/cwd`));
  } catch {
    return false; // it ended meanwhile, or belongs to somebody else
  }
}

/** Whether the process is the agent of the folder: `zlh agent --home <folder>`. */
export function isAgentOf(pid: number, folder: string): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return args.includes('agent') && args[args.indexOf('--home') + 1] === folder;
  } catch {
    return false; // it ended meanwhile
  }
}
