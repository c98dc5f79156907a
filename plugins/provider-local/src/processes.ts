/** Processes that belong to one instance's folder: its agent, the shim, the game and whatever the game started. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Pids of all processes that work in the folder or were started with a path inside it. Zombies do not count. */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && !isZombie(pid) && belongs(pid, folder));
}

function belongs(pid: number, folder: string): boolean {
  const inside = (path: string) => path === folder || path.startsWith(folder + sep);
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').some(inside)) return true;
    return inside(readlinkSync(`/proc/${pid}/cwd`));
  } catch {
    return false; // it ended meanwhile, or belongs to somebody else
  }
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] === 'Z';
  } catch {
    return true; // gone
  }
}

/** Waits until none is left; answers false when some still are after `withinMs`. */
export async function untilGone(
  folder: string,
  withinMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (processesOf(folder).length > 0) {
    if (performance.now() > deadline) return false;
    await wait(25, undefined, signal === undefined ? {} : { signal });
  }
  return true;
}

/** Ends them all at once. A process can start another between the look and the blow, hence again until none is left. */
export async function killAll(folder: string): Promise<void> {
  for (let pids = processesOf(folder); pids.length > 0; pids = processesOf(folder)) {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        continue; // it ended by itself
      }
    }
    await wait(10);
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
